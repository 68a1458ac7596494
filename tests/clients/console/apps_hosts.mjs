// Clients that show pages of MCP Apps: the web page of the MCP Inspector, and a page with the React
// component of `@mcp-ui/client`. Both load a page of the server into the sandbox of the Inspector.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(`${process.cwd()}/`);
const { build } = require('esbuild');
const modules = join(process.cwd(), 'node_modules');
const INSPECTOR = join(modules, '@modelcontextprotocol/inspector/clients');

/** What a client allows a page that declares nothing else, by the specification of MCP Apps. */
const POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'";

async function listening(answer) {
	const server = createServer(answer);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server;
}

/** Starts the Inspector with the server of `binary` on stdio in its catalog. */
export async function inspector(binary) {
	// It needs to know its own ports, because it checks origins.
	const ports = await Promise.all([0, 1, 2].map(() => listening()));
	const [port, sandbox, app] = ports.map((one) => String(one.address().port));
	await Promise.all(ports.map((one) => once(one.close(), 'close')));
	const folder = mkdtempSync(join(tmpdir(), 'inspector-'));
	const catalog = join(folder, 'catalog.json');
	writeFileSync(catalog, JSON.stringify({ mcpServers: { stdio: { type: 'stdio', command: binary, args: ['serve', '--toolsets', 'all'], env: { ...(process.env.CONSOLE_DIST ? { CONSOLE_DIST: process.env.CONSOLE_DIST } : {}) } } } }));
	const token = 'a-token-of-the-test';
	const child = spawn(process.execPath, [join(INSPECTOR, 'launcher/build/index.js'), '--web', '--catalog', catalog], {
		env: {
			...process.env,
			HOME: folder,
			HOST: '127.0.0.1',
			CLIENT_PORT: port,
			MCP_SANDBOX_PORT: sandbox,
			MCP_APP_ORIGIN_PORT: app,
			MCP_AUTO_OPEN_ENABLED: 'false',
			MCP_INSPECTOR_API_TOKEN: token,
			MCP_INSPECTOR_SECRET_STORE: 'memory',
			MCP_STORAGE_DIR: folder,
		},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let report = '';
	const ready = new Promise((resolve, reject) => {
		const read = (data) => {
			report += data;
			if (/up and running/.test(report)) resolve();
		};
		child.stdout.on('data', read);
		child.stderr.on('data', read);
		child.on('exit', () => reject(new Error(`The Inspector ended:\n${report}`)));
	});
	await ready;
	const origin = `http://127.0.0.1:${port}`;
	return {
		/** Its page with the servers. */
		home: `${origin}/?MCP_INSPECTOR_API_TOKEN=${token}`,
		/** Its page that calls `tool` of the server at `url`, and shows the page of the answer. */
		open(url, tool, args) {
			const query = new URLSearchParams({
				MCP_INSPECTOR_API_TOKEN: token,
				serverUrl: url,
				transport: 'http',
				autoConnect: token,
				autoOpen: token,
				openApp: tool,
				appArgs: Buffer.from(JSON.stringify(args)).toString('base64url'),
			});
			return `${origin}/?${query}`;
		},
		async close() {
			child.removeAllListeners('exit');
			child.kill();
			await once(child, 'exit');
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Serves a page with `@mcp-ui/client`, whose MCP client is connected with the server at `url`. */
export async function mcpUi(url) {
	const bundled = await build({
		entryPoints: [join(import.meta.dirname, 'apps_page.mjs')],
		bundle: true,
		write: false,
		format: 'iife',
		platform: 'browser',
		define: { 'process.env.NODE_ENV': '"production"' },
		nodePaths: [modules],
		logLevel: 'error',
	});
	const script = bundled.outputFiles[0].text;
	const sandbox = readFileSync(join(INSPECTOR, 'web/static/sandbox_proxy.html'));
	// The sandbox is at another origin, and the page that it makes inherits its policy.
	const proxy = await listening((_, response) => {
		response.setHeader('content-type', 'text/html');
		response.setHeader('content-security-policy', POLICY);
		response.end(sandbox);
	});
	const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Chat</title><link rel="icon" href="data:,"><div id="chat"></div><script>globalThis.SANDBOX="http://127.0.0.1:${proxy.address().port}/"</script><script src="/page.js"></script>`;
	const server = await listening((asked, response) => {
		// The MCP client is at the page's own origin.
		if (asked.url === '/mcp') return forward(asked, response, url);
		const isScript = asked.url === '/page.js';
		response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
		return response.end(isScript ? script : page);
	});
	return {
		origin: `http://127.0.0.1:${server.address().port}`,
		close() {
			for (const one of [server, proxy]) {
				one.closeAllConnections();
				one.close();
			}
		},
	};
}

function forward(asked, response, url) {
	const { host, origin, referer, ...headers } = asked.headers;
	const sent = request(url, { method: asked.method, headers }, (answer) => {
		response.writeHead(answer.statusCode, answer.headers);
		answer.pipe(response);
	});
	sent.on('error', () => response.destroy());
	response.on('close', () => sent.destroy());
	asked.pipe(sent);
}
