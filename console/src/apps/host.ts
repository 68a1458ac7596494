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

/** What the page takes from the client's styles: their names, the page's own, and what the value is. */
const STYLES = [
	['--color-text-primary', '--text', 'color'],
	['--color-text-secondary', '--soft', 'color'],
	['--font-sans', '--font', 'font-family'],
	['--font-mono', '--mono', 'font-family'],
] as const;

interface HostContext {
	theme?: Json;
	styles?: { variables?: { [name: string]: Json | undefined }; css?: { fonts?: Json } };
}

/** Follows the client's theme, colours and fonts. A change has only the members that changed. */
function follow(context: HostContext | undefined): void {
	const root = document.documentElement;
	const theme = context?.theme;
	if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
	if (!context?.styles) return;
	for (const [name, own, property] of STYLES) {
		const value = context.styles.variables?.[name];
		// A value that this browser does not know would leave the text without a colour.
		if (typeof value === 'string' && CSS.supports(property, value)) root.style.setProperty(own, value);
		else root.style.removeProperty(own);
	}
	const fonts = context.styles.css?.fonts;
	if (typeof fonts === 'string') fontFaces.textContent = fonts;
	if (fontFaces.textContent && !fontFaces.isConnected) document.head.append(fontFaces);
}

const fontFaces = document.createElement('style');

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
			cancelled.value = typeof params?.reason === 'string' && params.reason !== '' ? params.reason : 'The call was cancelled.';
			break;
		case 'ui/notifications/host-context-changed':
			follow(params as HostContext | undefined);
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
	})) as { hostContext?: HostContext } | null;
	follow(answer?.hostContext);
	// Without a theme, the page cannot know what its text would be on.
	const root = document.documentElement;
	if (!root.dataset.theme) root.dataset.surface = 'own';
	post({ method: 'ui/notifications/initialized', params: {} });
	// The client gives the page as much height as it needs. The width is the client's: one that gets
	// a width keeps it, and the page would no longer follow the window.
	new ResizeObserver(() => {
		post({ method: 'ui/notifications/size-changed', params: { height: Math.ceil(root.getBoundingClientRect().height) } });
	}).observe(root);
}
