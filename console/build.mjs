// The build of the console: `dist/` has index.html, console.js and console.css.
//
// usage: node build.mjs [--check] [--watch]
//
// The output is the same bytes for the same sources. `--check` compares it with the files in
// `dist/`, writes nothing, and fails if they differ.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, context } from 'esbuild';

/** Bytes that the files together may have after gzip. */
const BUDGET = 150 * 1024;

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const options = {
	absWorkingDir: root,
	entryPoints: [
		{ in: 'src/main.tsx', out: 'console' },
		{ in: 'src/styles/console.css', out: 'console' },
	],
	outdir: 'dist',
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022', 'chrome120', 'firefox120', 'safari17'],
	jsx: 'automatic',
	jsxImportSource: 'preact',
	charset: 'utf8',
	legalComments: 'none',
	logLevel: 'warning',
};

const page = () => readFileSync(join(root, 'src/index.html'));

if (process.argv.includes('--watch')) {
	const watching = await context(options);
	writeFileSync(join(dist, 'index.html'), page());
	await watching.watch();
} else {
	const { outputFiles } = await build({ ...options, write: false });
	const files = outputFiles.map(({ path, contents }) => ({ path, contents: Buffer.from(contents) }));
	files.push({ path: join(dist, 'index.html'), contents: page() });
	let total = 0;
	let stale = false;
	for (const { path, contents } of files) {
		total += gzipSync(contents, { level: 9 }).length;
		if (process.argv.includes('--check')) {
			let committed;
			try {
				committed = readFileSync(path);
			} catch {
				committed = Buffer.alloc(0);
			}
			if (!committed.equals(contents)) {
				console.error(`${path} is not what the sources build: run \`npm run build\` in console/`);
				stale = true;
			}
		} else {
			mkdirSync(dist, { recursive: true });
			writeFileSync(path, contents);
		}
	}
	console.log(`console: ${total} bytes after gzip, of at most ${BUDGET}`);
	if (stale || total > BUDGET) process.exit(1);
}
