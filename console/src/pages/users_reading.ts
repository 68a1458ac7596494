// The users that match a plan, read page by page while the table asks for more.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { callTool, version } from '../app/server.ts';
import type { ToolError } from '../mcp/answer.ts';
import { searchArguments, type Plan, type User } from './users_search.ts';

/** Users of a page, unless the server says that fewer fit into an answer. */
const PAGE = 200;

export interface Users {
	users: User[];
	/** Users that the server read to find them. */
	read: number;
	loading: boolean;
	/** Whether there may be more. */
	more: boolean;
	error?: ToolError;
	next: () => void;
	again: () => void;
}

interface State {
	users: User[];
	read: number;
	loading: boolean;
	cursor?: string | undefined;
	done: boolean;
	error?: ToolError;
}

const EMPTY: State = { users: [], read: 0, loading: false, done: false };

export function useUsers(pool: string | undefined, plan: Plan, all: boolean): Users {
	const key = JSON.stringify([pool, plan.where, plan.match]);
	const [state, setState] = useState<State>(EMPTY);
	const [round, setRound] = useState(0);
	const current = useRef<{ abort: AbortController; busy: boolean; cursor?: string | undefined; limit: number }>(undefined);
	const changed = version.value;

	const read = useCallback(async () => {
		const mine = current.current;
		if (!pool || !mine || mine.busy) return;
		mine.busy = true;
		setState((old) => ({ ...old, loading: true }));
		const first = mine.cursor === undefined;
		const outcome = await callTool('search_users', searchArguments(pool, plan, mine.limit, mine.cursor), {
			own: true,
			signal: mine.abort.signal,
			onProgress: ({ progress }) => {
				if (current.current === mine) setState((old) => ({ ...old, read: Math.max(old.read, progress) }));
			},
		});
		if (current.current !== mine) return;
		mine.busy = false;
		if (!outcome.ok) {
			// The answer was too long: the retry has the number of users that fits.
			const fits = outcome.error.code === 'AnswerTooLong' ? outcome.error.retry?.arguments.limit : undefined;
			if (typeof fits === 'number' && fits < mine.limit) {
				mine.limit = fits;
				void read();
				return;
			}
			setState((old) => ({ ...old, loading: false, done: true, error: outcome.error }));
			return;
		}
		const answer = outcome.answer as unknown as { users: User[]; read: number; cursor?: string };
		mine.cursor = answer.cursor;
		setState((old) => ({
			users: first ? answer.users : old.users.concat(answer.users),
			read: answer.read,
			cursor: answer.cursor,
			loading: false,
			done: answer.cursor === undefined,
		}));
	}, [key]);

	useEffect(() => {
		const mine = { abort: new AbortController(), busy: false, limit: current.current?.limit ?? PAGE };
		current.current = mine;
		// What is shown stays until the first page is read again.
		setState((old) => ({ ...old, loading: true, done: false, read: 0 }));
		void read();
		return () => mine.abort.abort();
	}, [key, changed, round]);

	const next = useCallback(() => {
		if (!state.loading && !state.done && !state.error) void read();
	}, [read, state.loading, state.done, state.error]);

	useEffect(() => {
		if (all) next();
	}, [all, next, state.users.length, state.read]);

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
