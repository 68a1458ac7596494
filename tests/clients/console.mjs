// The browser console in Chromium: every page on the emulator and on an AWS backend (which is
// the emulator at ENDPOINT), every destructive action, live changes, 100,000 users, hostile text,
// the keyboard, tasks with the keyboard alone and with the mouse alone, a server that restarts, and
// addresses that expired.
//
// usage: node console.mjs ENDPOINT CHROMIUM BINARY FOLDER-FOR-IMAGES [PART-OF-A-NAME]

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { summary } from './domain.mjs';
import { access } from './console/access.mjs';
import { actions } from './console/actions.mjs';
import { apps } from './console/apps.mjs';
import { emulator } from './console/emulator.mjs';
import { Console, seed } from './console/harness.mjs';
import { hostile } from './console/hostile.mjs';
import { keyboard } from './console/keyboard.mjs';
import { many, seedFile } from './console/many.mjs';
import { pages } from './console/pages.mjs';
import { people } from './console/people.mjs';
import { pictures } from './console/pictures.mjs';
import { tasks } from './console/tasks.mjs';

const require = createRequire(`${process.cwd()}/`);
const { chromium } = require('playwright-core');

const [endpoint, executablePath, binary, images, only = ''] = process.argv.slice(2);
mkdirSync(images, { recursive: true });

/** Each part has its own servers, or changes only what it made. */
const PARTS = { pages, actions, apps, emulator, hostile, keyboard, tasks, people, access, many };

// The pictures of the documentation are made on request.
const wanted = only === 'pictures' ? [['pictures', pictures]] : Object.entries(PARTS).filter(([name]) => name.includes(only));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const consoles = [];
const start = async (...args) => {
	const one = await Console.start(binary, args);
	consoles.push(one);
	return one;
};

let failed = false;
try {
	const began = Date.now();
	// The start of a server with 100,000 users takes the longest.
	const large = wanted.some(([name]) => name === 'many') ? start('--seed-file', seedFile(), '--listen', '127.0.0.1:0') : undefined;
	const [emulated, aws, readOnly] = await Promise.all([
		start('--empty', '--listen', '127.0.0.1:0'),
		start('--backend', 'aws', '--endpoint-url', endpoint, '--region', 'us-east-1', '--allow-destructive'),
		start('--backend', 'aws', '--endpoint-url', endpoint, '--region', 'us-east-1'),
	]);
	emulated.world = await seed(emulated.api);
	aws.api = endpoint;
	aws.world = await seed(endpoint);
	readOnly.api = endpoint;
	readOnly.world = aws.world;
	const given = { browser, binary, endpoint, images, start, emulated, aws, readOnly, large };
	const run = async ([name, part]) => {
		const from = Date.now();
		await part(given);
		console.log(`${name}: ${((Date.now() - from) / 1000).toFixed(1)} s`);
	};
	const others = async () => {
		for (const one of wanted.filter(([name]) => name !== 'many')) await run(one);
	};
	// The server reads 100,000 users while the other parts wait for their pages.
	await Promise.all([others(), ...wanted.filter(([name]) => name === 'many').map(run)]);
	console.log(`all: ${((Date.now() - began) / 1000).toFixed(1)} s`);
} catch (error) {
	failed = true;
	console.error(error);
} finally {
	for (const one of consoles) one.stop();
	await browser.close();
}
if (failed) process.exit(1);
summary('console');
