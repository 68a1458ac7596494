// A client of MCP over streamable HTTP, for the server that the page came from.
//
// It implements the part of revision 2026-07-28 that the console uses: calls with progress,
// cancellation and questions (elicitation), and notifications about resources. The revision
// has no session, so a restarted server needs no handshake.

import { EventParser } from './events.ts';
import type {
	CallToolResult,
	DiscoverResult,
	ElicitRequestParams,
	ElicitResult,
	Json,
	JsonObject,
	JsonRpcMessage,
	Progress,
	Tool,
} from './types.ts';

const REVISION = '2026-07-28';
const META = 'io.modelcontextprotocol';

/** Milliseconds between attempts to reach the server, the first and the longest. */
const RETRY_FIRST = 300;
const RETRY_LONGEST = 3_000;

/** The state of the connection. `refused`: the server does not admit this page. */
export type Connection = 'connecting' | 'ready' | 'unreachable' | 'refused';

/** The server did not respond. */
export class ConnectionError extends Error {
	override name = 'ConnectionError';
}

/** The server does not admit this page: the cookie is missing or expired. */
export class RefusedError extends Error {
	override name = 'RefusedError';
}

/** An error of the protocol, not of a tool. */
export class ProtocolError extends Error {
	override name = 'ProtocolError';
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

export interface RequestOptions {
	signal?: AbortSignal;
	onProgress?: (progress: Progress) => void;
}

export interface Events {
	/** The connection changed. `ready` comes again after each time that it was lost. */
	connection(state: Connection): void;
	/** The server asks the user of the console, before it executes this call. */
	question(question: ElicitRequestParams, call: { tool: string; arguments: JsonObject }): Promise<ElicitResult>;
	/** A resource that was subscribed to has changed. */
	updated(uri: string): void;
}

export class McpClient {
	readonly #url: string;
	readonly #events: Events;
	#next = 1;
	#state: Connection = 'connecting';
	#retry: ReturnType<typeof setTimeout> | undefined;
	#stream: AbortController | undefined;
	#restream: ReturnType<typeof setTimeout> | undefined;
	#canSubscribe = false;
	#visible = true;
	/** The resources to listen for, with the number of parts of the page that do. */
	readonly #subscribed = new Map<string, number>();

	constructor(url: string, events: Events) {
		this.#url = url;
		this.#events = events;
	}

	/** Reads what the server is. The connection is ready as soon as it responds. */
	async discover(): Promise<DiscoverResult> {
		const found = (await this.#send('server/discover', {})) as unknown as DiscoverResult;
		this.#canSubscribe = found.capabilities.resources?.subscribe === true;
		this.#listen();
		return found;
	}

	async tools(): Promise<Tool[]> {
		const tools: Tool[] = [];
		let cursor: string | undefined;
		do {
			const page = (await this.#send('tools/list', cursor === undefined ? {} : { cursor })) as unknown as {
				tools: Tool[];
				nextCursor?: string;
			};
			tools.push(...page.tools);
			cursor = page.nextCursor;
		} while (cursor !== undefined);
		return tools;
	}

	/** Calls a tool. Elicitations are passed on, and the call is sent again with their results. */
	async call(name: string, args: JsonObject, options: RequestOptions = {}): Promise<CallToolResult> {
		let params: JsonObject = { name, arguments: args };
		for (;;) {
			const result = (await this.#send('tools/call', params, options)) as unknown as CallToolResult;
			if (result.resultType !== 'input_required') return result;
			const inputResponses: JsonObject = {};
			for (const [id, request] of Object.entries(result.inputRequests ?? {})) {
				inputResponses[id] = (await this.#events.question(request.params, { tool: name, arguments: args })) as unknown as Json;
			}
			params = { name, arguments: args, inputResponses };
			if (result.requestState !== undefined) params.requestState = result.requestState;
		}
	}

	/** Reads a resource that has JSON. */
	async read(uri: string): Promise<Json> {
		const { contents } = (await this.#send('resources/read', { uri })) as unknown as { contents: { text?: string }[] };
		return JSON.parse(contents[0]?.text ?? 'null') as Json;
	}

	/** Asks for notifications about `uri`, until the returned function is called. */
	subscribe(uri: string): () => void {
		const count = this.#subscribed.get(uri) ?? 0;
		this.#subscribed.set(uri, count + 1);
		if (count === 0) this.#listen();
		return () => {
			const left = (this.#subscribed.get(uri) ?? 1) - 1;
			if (left > 0) {
				this.#subscribed.set(uri, left);
			} else {
				this.#subscribed.delete(uri);
				this.#listen();
			}
		};
	}

	/** Whether the page is visible. A hidden page holds no connection: browsers open six to a
	 * server, for all its tabs together. */
	visible(is: boolean): void {
		if (is === this.#visible) return;
		this.#visible = is;
		this.#listen();
		if (is && this.#state === 'unreachable') this.#reconnect(0);
	}

	#set(state: Connection): void {
		if (state === this.#state) return;
		this.#state = state;
		this.#events.connection(state);
	}

	#lost(): ConnectionError {
		if (this.#state !== 'refused') {
			this.#set('unreachable');
			if (this.#retry === undefined) this.#reconnect(RETRY_FIRST);
		}
		return new ConnectionError('The server cannot be reached.');
	}

	#reconnect(delay: number): void {
		clearTimeout(this.#retry);
		this.#retry = setTimeout(async () => {
			try {
				await this.discover();
				this.#retry = undefined;
			} catch {
				if (this.#state === 'unreachable') this.#reconnect(Math.min(Math.max(delay * 2, RETRY_FIRST), RETRY_LONGEST));
				else this.#retry = undefined;
			}
		}, delay);
	}

	async #post(method: string, params: JsonObject, options: RequestOptions): Promise<{ response: Response; id: number }> {
		const id = this.#next++;
		const meta: JsonObject = {
			[`${META}/protocolVersion`]: REVISION,
			[`${META}/clientCapabilities`]: { elicitation: { form: {} } },
			[`${META}/clientInfo`]: { name: 'cognito-mcp-console', title: 'Console', version: '1' },
		};
		if (options.onProgress) meta.progressToken = id;
		const headers: Record<string, string> = {
			'content-type': 'application/json',
			accept: 'application/json, text/event-stream',
			'mcp-protocol-version': REVISION,
			'mcp-method': method,
		};
		const name = params.name ?? params.uri;
		if (typeof name === 'string') headers['mcp-name'] = headerValue(name);
		let response: Response;
		try {
			response = await fetch(this.#url, {
				method: 'POST',
				headers,
				body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }),
				...(options.signal ? { signal: options.signal } : {}),
			});
		} catch (error) {
			if (options.signal?.aborted) throw error;
			throw this.#lost();
		}
		if (response.status === 401 || response.status === 403) {
			this.#set('refused');
			throw new RefusedError('The server does not admit this page.');
		}
		const isMessage = /json|event-stream/.test(response.headers.get('content-type') ?? '');
		if (!response.ok && !isMessage) {
			throw new ProtocolError(response.status, `The server answered with status ${response.status}.`);
		}
		this.#set('ready');
		return { response, id };
	}

	async #send(method: string, params: JsonObject, options: RequestOptions = {}): Promise<Json> {
		const { response, id } = await this.#post(method, params, options);
		try {
			for await (const message of messages(response)) {
				if (message.method === 'notifications/progress') {
					options.onProgress?.(message.params as unknown as Progress);
				} else if (message.method === undefined && (message.id === id || message.error)) {
					return result(message);
				}
			}
		} catch (error) {
			if (error instanceof ProtocolError || options.signal?.aborted) throw error;
		}
		this.#lost();
		throw new ConnectionError('The connection ended before the answer. The call may have been executed.');
	}

	/** Listens for the resources that are subscribed to now. */
	#listen(): void {
		clearTimeout(this.#restream);
		// Several parts of the page subscribe at the same time: one stream serves all.
		this.#restream = setTimeout(() => {
			this.#stream?.abort();
			this.#stream = undefined;
			if (this.#visible && this.#canSubscribe && this.#state === 'ready') void this.#receive();
		}, 20);
	}

	async #receive(): Promise<void> {
		const stream = new AbortController();
		this.#stream = stream;
		// Without a resource, the stream shows that the server is there.
		const uris = this.#subscribed.size > 0 ? [...this.#subscribed.keys()] : ['cognito://pools'];
		const notifications = { resourceSubscriptions: uris };
		try {
			const { response } = await this.#post('subscriptions/listen', { notifications }, { signal: stream.signal });
			for await (const message of messages(response)) {
				const uri = message.params?.uri;
				if (message.method === 'notifications/resources/updated' && typeof uri === 'string') this.#events.updated(uri);
			}
		} catch {
			// The stream ended. Below, the server is asked whether it is still there.
		}
		if (stream.signal.aborted || this.#stream !== stream) return;
		this.#stream = undefined;
		this.#reconnect(RETRY_FIRST);
	}
}

/** A name as the value of a header. It is encoded in Base64, as the specification requires, if it is
 * not ASCII, begins or ends with a space, or begins with `=?`. */
export function headerValue(name: string): string {
	if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('=?')) return name;
	const bytes = new TextEncoder().encode(name);
	return `=?base64?${btoa(String.fromCharCode(...bytes))}?=`;
}

function result(message: JsonRpcMessage): Json {
	if (message.error) throw new ProtocolError(message.error.code, message.error.message);
	return message.result ?? null;
}

/** The messages of a response: one, or a stream. */
async function* messages(response: Response): AsyncGenerator<JsonRpcMessage> {
	if (!response.headers.get('content-type')?.includes('text/event-stream')) {
		yield (await response.json()) as JsonRpcMessage;
		return;
	}
	const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
	if (!reader) return;
	const parser = new EventParser();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			for (const event of parser.push(value)) {
				if (event.data.trim() !== '') yield JSON.parse(event.data) as JsonRpcMessage;
			}
		}
	} finally {
		void reader.cancel().catch(() => {});
	}
}
