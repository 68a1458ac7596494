// A chat client with `AppRenderer` of `@mcp-ui/client`. esbuild bundles this file.

import { AppRenderer, UI_EXTENSION_CAPABILITIES } from '@mcp-ui/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const client = new Client({ name: 'chat', version: '1' }, { capabilities: { extensions: UI_EXTENSION_CAPABILITIES } });
const connected = client.connect(new StreamableHTTPClientTransport(new URL('/mcp', location.href)));
const sandbox = { url: new URL(globalThis.SANDBOX) };
const seen = { sizes: [], links: [], errors: [], fromApp: [] };
let root;
let properties;

// What the page of MCP Apps sends, in its order.
addEventListener('message', ({ data }) => {
	if (data?.method && !data.method.startsWith('ui/notifications/sandbox-')) seen.fromApp.push(data.method);
});

const render = (changed) => {
	properties = { ...properties, ...changed };
	root.render(createElement(AppRenderer, properties));
};

Object.assign(globalThis, {
	seen,
	/** Calls `tool`, and shows its page. `given` has other properties of `AppRenderer`. */
	async show(tool, args, given) {
		await connected;
		root = createRoot(document.getElementById('chat'));
		const properties = {
			client,
			sandbox,
			toolName: tool,
			toolInput: args,
			onSizeChanged: (size) => seen.sizes.push(size),
			onOpenLink: async ({ url }) => (seen.links.push(url), {}),
			onError: (error) => seen.errors.push(error.message),
			...given,
		};
		render(properties);
		if (!('toolResult' in given)) render({ toolResult: await client.callTool({ name: tool, arguments: args }) });
	},
	/** Changes properties of `AppRenderer`. */
	change: render,
});
