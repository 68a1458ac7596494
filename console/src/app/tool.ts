// Hooks for pages: read with a tool, and read again when the data changes.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ToolError } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { callTool, client, isAllowed, onUpdated, version } from './server.ts';

export interface Reading<T> {
	/** The last answer. It stays while it is read again. */
	answer?: T;
	error?: ToolError;
	loading: boolean;
	/** The call, for `SameAs`. */
	call: { tool: string; arguments: JsonObject };
	reload(): void;
}

export interface ReadingOptions {
	/** Read again at changes of these resources, where the server reports them. */
	live?: string[];
	/** Otherwise, read again after so many milliseconds while the page is visible. */
	every?: number;
}

/**
 * Reads with a tool: now, when the arguments change, and when something was written. Without
 * arguments, or if the server does not list the tool, nothing is read.
 */
export function useTool<T = JsonObject>(tool: string, args: JsonObject | undefined, options: ReadingOptions = {}): Reading<T> {
	const key = args && isAllowed(tool) ? JSON.stringify(args) : undefined;
	const [state, setState] = useState<{ key?: string | undefined; answer?: T; error?: ToolError; loading: boolean }>({
		loading: key !== undefined,
	});
	const [again, setAgain] = useState(0);
	const changed = version.value;

	useEffect(() => {
		if (key === undefined) {
			setState({ loading: false });
			return;
		}
		const abort = new AbortController();
		setState((old) => (old.key === key ? { ...old, loading: true } : { key, loading: true }));
		void callTool(tool, JSON.parse(key) as JsonObject, { own: true, signal: abort.signal }).then((outcome) => {
			if (abort.signal.aborted) return;
			setState(
				outcome.ok
					? { key, answer: outcome.answer as T, loading: false }
					: { key, error: outcome.error, loading: false },
			);
		});
		return () => abort.abort();
	}, [tool, key, again, changed]);

	const reload = () => setAgain((count) => count + 1);
	useLive(options.live ?? [], reload);
	useEvery(key === undefined ? undefined : options.every, reload);

	const { answer, error, loading } = state.key === key ? state : { loading: key !== undefined };
	return {
		...(answer !== undefined ? { answer } : {}),
		...(error !== undefined ? { error } : {}),
		loading,
		call: { tool, arguments: args ?? {} },
		reload,
	};
}

/** Calls `changed` when the server reports a change of one of the resources. */
export function useLive(uris: string[], changed: () => void): void {
	const latest = useRef(changed);
	latest.current = changed;
	const key = uris.join(' ');
	useEffect(() => {
		if (uris.length === 0) return;
		const stops = uris.map((uri) => client.subscribe(uri));
		let timer: ReturnType<typeof setTimeout> | undefined;
		// Changes come in bursts, and one reading covers them.
		const stop = onUpdated((uri) => {
			if (!uris.includes(uri)) return;
			clearTimeout(timer);
			timer = setTimeout(() => latest.current(), 100);
		});
		return () => {
			clearTimeout(timer);
			stop();
			for (const each of stops) each();
		};
	}, [key]);
}

function useEvery(milliseconds: number | undefined, then: () => void): void {
	const latest = useRef(then);
	latest.current = then;
	useEffect(() => {
		if (milliseconds === undefined) return;
		const timer = setInterval(() => {
			if (document.visibilityState !== 'hidden') latest.current();
		}, milliseconds);
		return () => clearInterval(timer);
	}, [milliseconds]);
}

/** Whether the component is still on the page, for what follows an answer. */
export function useMounted(): { readonly current: boolean } {
	const mounted = useRef(true);
	useEffect(
		() => () => {
			mounted.current = false;
		},
		[],
	);
	return mounted;
}
