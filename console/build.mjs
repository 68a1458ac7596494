// The build of the console: `dist/` has index.html, console.js and console.css, and the pages of
// MCP Apps, each in one file.
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

/** The pages of MCP Apps, by the names of their sources. */
const APPS = ['change', 'outbox', 'user'];

/** A page of MCP Apps: a chat client shows it in a sandbox, so scripts and styles are in it. */
async function app(name) {
	const { outputFiles } = await build({
		...options,
		entryPoints: [
			{ in: `src/apps/${name}.tsx`, out: name },
			{ in: 'src/styles/app.css', out: name },
		],
		write: false,
	});
	const content = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trimEnd();
	const script = content('.js').replaceAll('</script', '<\\/script');
	const style = content('.css').replaceAll('</style', '<\\/style');
	const head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">';
	return `<!doctype html>\n<html lang="en">\n<head>\n${head}\n<title>cognito-mcp: ${name}</title>\n<style>${style}</style>\n</head>\n<body>\n<div id="app"></div>\n<script type="module">${script}</script>\n</body>\n</html>\n`;
}

const page = () => readFileSync(join(root, 'src/index.html'));

if (process.argv.includes('--watch')) {
	const watching = await context(options);
	writeFileSync(join(dist, 'index.html'), page());
	await watching.watch();
} else {
	const { outputFiles } = await build({ ...options, write: false });
	const files = outputFiles.map(({ path, contents }) => ({ path, contents: Buffer.from(contents) }));
	files.push({ path: join(dist, 'index.html'), contents: page() });
	for (const name of APPS) files.push({ path: join(dist, `app-${name}.html`), contents: Buffer.from(await app(name)) });
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
