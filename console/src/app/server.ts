// The state that every page shares: the connection, what the server is and allows, its tools,
// its user pools, and the pool that is open.

import { computed, signal } from '@preact/signals';
import { failed, outcomeOf, type Outcome, type Suggested } from '../mcp/answer.ts';
import { McpClient, type Connection } from '../mcp/client.ts';
import type { ElicitRequestParams, ElicitResult, JsonObject, Progress, Tool } from '../mcp/types.ts';
import { go, hrefOf, route } from './router.ts';

/** The answer of `whoami`. */
export interface About {
	backend: 'emulated' | 'aws';
	account?: string;
	arn?: string;
	unknown_because?: string;
	region?: string;
	default_user_pool_id?: string;
	default_client_id?: string;
	may: string;
	reveals_secrets: boolean;
	version?: string;
	allowed?: 'read' | 'change' | 'destroy';
	/** The address of the emulator's API, or a custom endpoint of AWS. */
	endpoint?: string;
	/** The pools in scope. Absent: all. */
	only_pools?: string[];
}

export interface Pool {
	user_pool_id: string;
	name: string;
	created_at?: string;
}

export const connection = signal<Connection>('connecting');
export const about = signal<About | undefined>(undefined);
/** Whether the server was asked what it is. A server without `whoami` does not say. */
export const introduced = signal(false);
export const tools = signal<ReadonlyMap<string, Tool>>(new Map());
export const pools = signal<Pool[] | undefined>(undefined);
/** Why the state could not be read. */
export const startError = signal<string | undefined>(undefined);

/** Increases when what was read may be out of date: after a write, or a restart of the server. */
export const version = signal(0);

/** The id of the pool that is open. */
export const poolId = computed<string | undefined>(() => {
	const chosen = route.value.query.pool;
	if (chosen) return chosen;
	return about.value?.default_user_pool_id ?? pools.value?.[0]?.user_pool_id;
});

export const isEmulated = computed(() => about.value?.backend === 'emulated');

/** The question of the server that is open, with the function that answers it. */
export interface Open {
	question: ElicitRequestParams;
	call: Suggested;
	answer(result: ElicitResult): void;
}
export const questions = signal<Open[]>([]);

type Listener = (uri: string) => void;
const listeners = new Set<Listener>();

export const client = new McpClient(new URL('../mcp', location.href).href, {
	connection(state) {
		const again = connection.value === 'unreachable' && state === 'ready';
		connection.value = state;
		if (again) void load();
	},
	question(question, call) {
		return new Promise((resolve) => {
			const open: Open = {
				question,
				call,
				answer(answer) {
					questions.value = questions.value.filter((one) => one !== open);
					resolve(answer);
				},
			};
			questions.value = [...questions.value, open];
		});
	},
	updated(uri) {
		for (const listener of listeners) listener(uri);
	},
});

/** Calls `listener` when a resource that is subscribed to changes. */
export function onUpdated(listener: Listener): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

/** A call that the page made. */
export interface Made {
	id: number;
	tool: string;
	arguments: JsonObject;
	at: Date;
	milliseconds?: number;
	outcome?: Outcome;
	/** Read for the page itself, without a person's request. */
	own: boolean;
}

/** Calls that the page remembers. */
const KEPT = 200;

/** The calls that this page made, newest first. */
export const made = signal<Made[]>([]);
let count = 0;

export interface CallOptions {
	signal?: AbortSignal;
	onProgress?: (progress: Progress) => void;
	/** The page reads for itself: the person did not ask for this call. */
	own?: boolean;
}

/** Calls a tool, and remembers the call. Never throws. */
export async function callTool(tool: string, args: JsonObject, options: CallOptions = {}): Promise<Outcome> {
	const one: Made = { id: ++count, tool, arguments: args, at: new Date(), own: options.own ?? false };
	made.value = [one, ...made.value].slice(0, KEPT);
	const began = performance.now();
	let outcome: Outcome;
	try {
		outcome = outcomeOf(await client.call(tool, args, options));
	} catch (error) {
		outcome = { ok: false, error: failed(error) };
	}
	const done = { ...one, milliseconds: Math.round(performance.now() - began), outcome };
	made.value = made.value.map((call) => (call.id === one.id ? done : call));
	const isRehearsal = args.dry_run === true;
	if (outcome.ok && !isRehearsal && !isRead(tool)) version.value++;
	return outcome;
}

/** Whether the tool only reads. */
export function isRead(tool: string): boolean {
	return tools.value.get(tool)?.annotations?.readOnlyHint === true;
}

export function isDestructive(tool: string): boolean {
	return tools.value.get(tool)?.annotations?.destructiveHint === true;
}

/** Whether this server lists the tool, so that calls of it are not refused as a whole. */
export function isAllowed(tool: string): boolean {
	return tools.value.has(tool);
}

/** Reads everything that pages share. */
export async function load(): Promise<void> {
	try {
		const [, listed] = await Promise.all([client.discover(), client.tools()]);
		tools.value = new Map(listed.map((tool) => [tool.name, tool]));
		startError.value = undefined;
	} catch (error) {
		if (connection.value === 'ready') startError.value = failed(error).message;
		return;
	}
	const [who, list] = await Promise.all([callTool('whoami', {}, { own: true }), readPools()]);
	if (who.ok) about.value = who.answer as unknown as About;
	introduced.value = true;
	if (list.ok) {
		pools.value = list.answer.pools as unknown as Pool[];
		// The pool of the address may be gone, as after a restart of the emulator.
		const chosen = route.value.query.pool;
		if (chosen && list.answer.has_more !== true && !pools.value.some((pool) => pool.user_pool_id === chosen)) {
			choosePool(undefined);
		}
	}
	version.value++;
}

function readPools(): Promise<Outcome> {
	return callTool('list_pools', { limit: 60 }, { own: true });
}

/** Reads the list of user pools again. */
export async function reloadPools(): Promise<void> {
	const list = await readPools();
	if (list.ok) pools.value = list.answer.pools as unknown as Pool[];
}

/** Opens another pool, on the page of the same kind. */
export function choosePool(id: string | undefined): void {
	const [page] = route.value.path;
	if (id) location.hash = hrefOf(page ? [page] : [], { pool: id });
	else go(page ? [page] : [], { pool: undefined });
}
