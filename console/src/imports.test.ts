import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

/** The files of each file's imports and exports `from` others, also of types. */
function imports(): Map<string, string[]> {
	const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
	return new Map(
		names.map((name) => {
			const found = readFileSync(join(root, name), 'utf8').matchAll(/^(?:import|export)\b[^;]*?\bfrom '(\.[^']+)';/gm);
			return [name, [...found].map((one) => join(dirname(name), one[1] ?? ''))];
		}),
	);
}

/** The first circle of files that import each other, or none. */
function circle(graph: Map<string, string[]>): string[] {
	const done = new Set<string>();
	const visit = (name: string, path: string[]): string[] => {
		if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
		if (done.has(name)) return [];
		for (const imported of graph.get(name) ?? []) {
			const found = visit(imported, [...path, name]);
			if (found.length > 0) return found;
		}
		done.add(name);
		return [];
	};
	for (const name of graph.keys()) {
		const found = visit(name, []);
		if (found.length > 0) return found;
	}
	return [];
}

test('circles are found', () => {
	const graph = new Map([
		['a', ['b', 'c']],
		['b', ['c']],
		['c', ['d']],
		['d', ['b']],
	]);
	assert.deepEqual(circle(graph), ['b', 'c', 'd', 'b']);
	graph.set('d', []);
	assert.deepEqual(circle(graph), []);
});

test('no files import each other in a circle', () => {
	const graph = imports();
	assert.ok(graph.size > 40);
	for (const [name, imported] of graph) {
		for (const other of imported) assert.ok(graph.has(other), `${name} imports ${other}, which is not a source`);
	}
	assert.ok((graph.get('pages.ts') ?? []).includes('pages/users.tsx'));
	assert.deepEqual(circle(graph), []);
});
