// A server for development: the console from `dist/`, and `/mcp` of a running server.
//
// usage: node dev.mjs http://127.0.0.1:PORT/mcp [PORT]

import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [target, port = '0'] = process.argv.slice(2);
const dist = join(dirname(fileURLToPath(import.meta.url)), 'dist');
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css' };

const server = createServer((incoming, response) => {
	const { pathname } = new URL(incoming.url, 'http://localhost');
	if (pathname === '/mcp') {
		const url = new URL(target);
		const headers = { ...incoming.headers, host: url.host, origin: url.origin };
		const sent = request(url, { method: incoming.method, headers }, (answer) => {
			response.writeHead(answer.statusCode, answer.headers);
			answer.pipe(response);
		});
		sent.on('error', () => response.destroy());
		response.on('close', () => sent.destroy());
		incoming.pipe(sent);
		return;
	}
	const name = pathname.replace(/^\/console\//, '') || 'index.html';
	try {
		const body = readFileSync(join(dist, name.replaceAll('..', '')));
		response.setHeader('content-type', types[name.split('.').pop()] ?? 'application/octet-stream');
		response.setHeader(
			'content-security-policy',
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		);
		response.end(body);
	} catch {
		response.statusCode = 404;
		response.end('There is no such file.');
	}
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/console/`));
