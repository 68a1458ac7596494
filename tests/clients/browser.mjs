// JavaScript clients in Chromium, from a page of another origin than the emulator's:
// sign-up, confirmation, sign-in, refresh and sign-out.
//
// usage: node browser.mjs ENDPOINT CHROMIUM

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(`${process.cwd()}/`);
const { build } = require('esbuild');
const { chromium } = require('playwright-core');

const [endpoint, executablePath] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
let passed = 0;

function check(name, holds, seen) {
	if (!holds) {
		console.error(`FAILED: ${name}:`, seen);
		process.exitCode = 1;
		return;
	}
	passed += 1;
	console.log(`ok: ${name}`);
}

const bundled = await build({
	entryPoints: [join(here, 'browser_page.mjs')],
	bundle: true,
	write: false,
	format: 'iife',
	platform: 'browser',
	// SDK 2 and identity-js expect it.
	define: { global: 'globalThis' },
	nodePaths: [join(process.cwd(), 'node_modules')],
	logLevel: 'error',
});
const script = bundled.outputFiles[0].text;
const server = createServer((request, response) => {
	const isScript = request.url === '/page.js';
	response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
	response.end(isScript ? script : '<!doctype html><meta charset="utf-8"><script src="/page.js"></script>');
});
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
	const page = await browser.newPage();
	const console_ = [];
	const long = [];
	page.on('console', (message) => console_.push(message.text()));
	page.on('response', (response) => {
		for (const [name, value] of Object.entries(response.headers())) {
			if (value.length > 2048) long.push(`${name} of ${response.url()} has ${value.length} characters`);
		}
	});
	await page.goto(`http://localhost:${server.address().port}/`);
	const place = await page.evaluate(async (where) => ({ endpoint: where, ...await globalThis.setUp(where) }), endpoint)
		.catch((error) => ({ failed: error.message }));
	check('signed calls', place.userPoolId !== undefined, [place, ...console_]);
	for (const name of await page.evaluate(() => globalThis.names)) {
		console_.length = 0;
		const seen = await page.evaluate(([client, where]) => globalThis.use(client, where), [name, place]);
		check(`${name}: signed up, in and out`, seen.status === 'CONFIRMED' && seen.refreshed !== undefined
			&& seen.afterSignOut === 'NotAuthorizedException', [seen, ...console_]);
	}
	check('no header has more than 2048 characters', long.length === 0, long);
} finally {
	await browser.close();
	server.close();
}
console.log(`${passed} passed`);
