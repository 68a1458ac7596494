// Lists that come in pages, newest first: the first page is live, and older ones follow on request.

import { useEffect, useState } from 'preact/hooks';
import type { ToolError } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { joined } from './join.ts';
import { callTool } from './server.ts';
import { useTool, type Reading, type ReadingOptions } from './tool.ts';

interface ListPage {
	cursor?: string;
	older: number;
}

export interface Listed<T> {
	items: T[];
	error?: ToolError | undefined;
	/** The first page is read for the first time. */
	loading: boolean;
	/** Items that match and were not read yet. */
	older: number;
	/** Reads the next page; absent if there is none, or while it is read. */
	more?: (() => void) | undefined;
	reload(): void;
	call: Reading<unknown>['call'];
}

interface Known<T> {
	key: string;
	items: T[];
	cursor?: string | undefined;
	older: number;
	error?: ToolError;
}

/** The length of the page that the server suggests, if the answer was too long. */
function shorterPage(error: ToolError | undefined): number | undefined {
	const limit = error?.code === 'AnswerTooLong' ? error.retry?.arguments.limit : undefined;
	return typeof limit === 'number' ? limit : undefined;
}

export function useList<T>(
	tool: string,
	args: JsonObject | undefined,
	items: (answer: JsonObject) => T[],
	keyOf: (item: T) => string,
	options: ReadingOptions = {},
): Listed<T> {
	// A server bounds its answers: for large items it suggests a shorter page.
	const [limit, setLimit] = useState<number>();
	const first = useTool<ListPage & JsonObject>(tool, args && limit ? { ...args, limit } : args, options);
	const shorter = shorterPage(first.error);
	useEffect(() => {
		if (shorter !== undefined) setLimit(shorter);
	}, [shorter]);
	const [known, setKnown] = useState<Known<T>>();
	const [busy, setBusy] = useState(false);
	const key = JSON.stringify(args);

	useEffect(() => {
		const { answer } = first;
		if (!answer) return;
		const fresh = items(answer);
		setKnown((old) => {
			const all = old?.key === key && answer.cursor ? joined(fresh, old.items, keyOf) : fresh;
			const isLonger = all.length > fresh.length;
			return {
				key,
				items: all,
				cursor: isLonger ? old?.cursor : answer.cursor,
				older: isLonger ? (old?.older ?? 0) : answer.older,
			};
		});
	}, [first.answer, key]);

	const shown = known?.key === key ? known : undefined;
	const { cursor } = shown ?? {};
	const more = async () => {
		setBusy(true);
		const rest: JsonObject = { ...args, ...(limit ? { limit } : {}), cursor: cursor ?? '' };
		let outcome = await callTool(tool, rest, { own: true });
		const fewer = outcome.ok ? undefined : shorterPage(outcome.error);
		if (fewer !== undefined) outcome = await callTool(tool, { ...rest, limit: fewer }, { own: true });
		setBusy(false);
		setKnown((old) => {
			if (old?.key !== key) return old;
			if (!outcome.ok) return { ...old, error: outcome.error, cursor: undefined };
			const page = outcome.answer as ListPage & JsonObject;
			const keys = new Set(old.items.map(keyOf));
			const added = items(page).filter((item) => !keys.has(keyOf(item)));
			return { key, items: [...old.items, ...added], cursor: page.cursor, older: page.older };
		});
	};
	return {
		items: shown?.items ?? [],
		error: shorter === undefined ? (first.error ?? shown?.error) : undefined,
		loading: !shown && (first.loading || shorter !== undefined),
		older: shown?.older ?? 0,
		more: cursor && !busy ? () => void more() : undefined,
		reload: first.reload,
		call: first.call,
	};
}
