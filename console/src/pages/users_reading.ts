// The users that match a plan, read page by page while the table asks for more.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { callTool, version } from '../app/server.ts';
import type { ToolError } from '../mcp/answer.ts';
import { searchArguments, type Plan, type User } from './users_search.ts';

/** Users of a page, unless the server says that fewer fit into an answer. Cognito returns 60 at once
 * (`ListUsers`): with a multiple, the next page does not read a part of the last one again. */
export const PAGE = 180;

export interface Users {
	users: User[];
	/** Users that the server read to find them. */
	read: number;
	loading: boolean;
	/** Whether there may be more. */
	more: boolean;
	error?: ToolError;
	next: () => void;
	/** Reads the users again. */
	again: () => void;
}

interface State {
	users: User[];
	read: number;
	loading: boolean;
	done: boolean;
	error?: ToolError;
}

/** A scan of the users: what was read, and where it continues. */
interface Scan {
	abort: AbortController;
	busy: boolean;
	users: User[];
	read: number;
	cursor?: string | undefined;
	done: boolean;
	limit: number;
	/** When the page was last drawn with what was read. */
	drawn: number;
	/** What it reads again. The rows that are shown stay until as many were read. */
	again: { key: string; users: number };
}

/** Milliseconds between drawings while pages are read one after the other. */
const DRAW = 250;

export function useUsers(pool: string | undefined, plan: Plan, all: boolean): Users {
	const key = JSON.stringify([pool, plan.where, plan.match]);
	const [state, setState] = useState<State>({ users: [], read: 0, loading: true, done: false });
	const [round, setRound] = useState(0);
	const current = useRef<Scan>(undefined);
	const everything = useRef(all);
	everything.current = all;
	const changed = version.value;

	/** Reads a page, or all that follow. */
	const read = useCallback(async () => {
		const scan = current.current;
		if (!pool || !scan || scan.busy || scan.done) return;
		scan.busy = true;
		setState((old) => ({ ...old, loading: true }));
		let error: ToolError | undefined;
		do {
			error = await readPage(pool, plan, scan, (count) => {
				if (current.current === scan) setState((old) => ({ ...old, read: Math.max(old.read, count) }));
			});
			if (current.current !== scan) return;
			const enough = scan.users.length >= scan.again.users;
			if (error === undefined && !scan.done && everything.current && enough && performance.now() - scan.drawn > DRAW) {
				scan.drawn = performance.now();
				setState({ users: scan.users.slice(), read: scan.read, loading: true, done: false });
			}
		} while (error === undefined && !scan.done && (everything.current || scan.users.length < scan.again.users));
		scan.busy = false;
		setState({ users: scan.users.slice(), read: scan.read, loading: false, done: scan.done || error !== undefined, ...(error ? { error } : {}) });
	}, [key]);

	useEffect(() => {
		const last = current.current;
		const isSame = last?.again.key === key;
		const scan: Scan = {
			abort: new AbortController(),
			busy: false,
			users: [],
			read: 0,
			done: false,
			limit: last?.limit ?? PAGE,
			drawn: 0,
			again: { key, users: isSame ? Math.max(last.users.length, last.again.users) : 0 },
		};
		current.current = scan;
		setState((old) => ({ users: old.users, loading: true, done: false, read: 0 }));
		void read();
		return () => scan.abort.abort();
	}, [key, changed, round]);

	const next = useCallback(() => {
		if (!state.loading && !state.done) void read();
	}, [read, state.loading, state.done]);

	useEffect(() => {
		if (all) next();
	}, [all, next]);

	return {
		users: state.users,
		read: state.read,
		loading: state.loading,
		more: !state.done,
		...(state.error ? { error: state.error } : {}),
		next,
		again: () => setRound((count) => count + 1),
	};
}

/** Adds the next page to the scan, or returns why it could not be read. */
async function readPage(pool: string, plan: Plan, scan: Scan, onProgress: (read: number) => void): Promise<ToolError | undefined> {
	for (;;) {
		const outcome = await callTool('search_users', searchArguments(pool, plan, scan.limit, scan.cursor), {
			own: true,
			signal: scan.abort.signal,
			onProgress: ({ progress }) => onProgress(progress),
		});
		if (outcome.ok) {
			const answer = outcome.answer as unknown as { users: User[]; read: number; cursor?: string };
			scan.users.push(...answer.users);
			scan.read = answer.read;
			scan.cursor = answer.cursor;
			scan.done = answer.cursor === undefined;
			return undefined;
		}
		// The answer was too long: the retry has the number of users that fits.
		const fits = outcome.error.code === 'AnswerTooLong' ? outcome.error.retry?.arguments.limit : undefined;
		if (typeof fits !== 'number' || fits >= scan.limit) return outcome.error;
		scan.limit = fits;
	}
}
