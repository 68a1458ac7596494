// An application that runs in a browser: its script in one file, on a server of another origin
// than the emulator's, and Chromium.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const { build } = require('esbuild');
const { chromium } = require('playwright-core');
const here = dirname(fileURLToPath(import.meta.url));

/** Serves the script `entry` at every path of a new origin, and opens a page of Chromium. */
export async function application(entry, executablePath) {
	const bundled = await build({
		entryPoints: [join(here, entry)],
		bundle: true,
		write: false,
		format: 'iife',
		platform: 'browser',
		nodePaths: [join(process.cwd(), 'node_modules')],
		logLevel: 'error',
	});
	const script = bundled.outputFiles[0].text;
	const { server, origin } = await serve((request, response) => {
		const isScript = request.url === '/page.js';
		response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
		response.end(isScript ? script : '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/page.js"></script>');
	});
	const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
	// The emulator's certificate is of its own authority.
	const page = await browser.newPage({ ignoreHTTPSErrors: true });
	page.setDefaultTimeout(15_000);
	const messages = [];
	page.on('console', (message) => messages.push(message.text()));
	return {
		origin,
		page,
		messages,
		async close() {
			await browser.close();
			server.close();
		},
	};
}

/** Signs in at the emulator's page, and waits until the browser is at `callback`. */
export async function signInAt(page, username, secret, callback) {
	await page.locator('[name=username]:visible').fill(username);
	await page.locator('[name=password]:visible').fill(secret);
	await page.locator('button[type=submit]:visible').first().click();
	await page.waitForURL((url) => url.href.startsWith(callback));
}
