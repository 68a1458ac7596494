// The chat client around a page of MCP Apps: messages of JSON-RPC between two windows.
//
// https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx

import { signal } from '@preact/signals';
import { outcomeOf, type Outcome } from '../mcp/answer.ts';
import type { CallToolResult, Json, JsonObject, JsonRpcMessage } from '../mcp/types.ts';

const REVISION = '2026-01-26';

/** The outcome of the call that the page is for. */
export const outcome = signal<Outcome | undefined>(undefined);
/** Why there is no outcome: the call was cancelled. */
export const cancelled = signal<string | undefined>(undefined);

const waiting = new Map<number, (result: Json) => void>();
let count = 0;

function post(message: Omit<JsonRpcMessage, 'jsonrpc'>): void {
	// A page in a sandbox does not know the origin of its client, and sends it nothing secret.
	parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
}

function request(method: string, params: JsonObject): Promise<Json> {
	const id = ++count;
	return new Promise((resolve) => {
		waiting.set(id, resolve);
		post({ id, method, params });
	});
}

/** Follows the client's theme. */
function follow(context: JsonObject | undefined): void {
	const theme = context?.theme;
	if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}

function receive(message: JsonRpcMessage): void {
	const { id, method, params } = message;
	if (method === undefined) {
		if (typeof id === 'number') waiting.get(id)?.(message.result ?? null);
		return;
	}
	switch (method) {
		case 'ui/notifications/tool-result':
			outcome.value = outcomeOf(params as unknown as CallToolResult);
			break;
		case 'ui/notifications/tool-cancelled':
			cancelled.value = typeof params?.reason === 'string' ? params.reason : 'The call was cancelled.';
			break;
		case 'ui/notifications/host-context-changed':
			follow(params);
			break;
		case 'ping':
		case 'ui/resource-teardown':
			if (id !== undefined) post({ id, result: {} });
			break;
		default:
			if (id !== undefined) post({ id, error: { code: -32601, message: `There is no method ${method}.` } });
	}
}

/** Introduces the page to the client, which then sends the result of the call. */
export async function connect(name: string): Promise<void> {
	addEventListener('message', (event: MessageEvent<JsonRpcMessage>) => {
		if (event.source === parent && event.data?.jsonrpc === '2.0') receive(event.data);
	});
	const answer = (await request('ui/initialize', {
		protocolVersion: REVISION,
		appInfo: { name: `cognito-mcp ${name}`, version: '1' },
		appCapabilities: { availableDisplayModes: ['inline'] },
	})) as { hostContext?: JsonObject } | null;
	follow(answer?.hostContext);
	post({ method: 'ui/notifications/initialized', params: {} });
	// The client gives the page as much room as it needs.
	new ResizeObserver(() => {
		const { width, height } = document.documentElement.getBoundingClientRect();
		post({ method: 'ui/notifications/size-changed', params: { width: Math.ceil(width), height: Math.ceil(height) } });
	}).observe(document.documentElement);
}
