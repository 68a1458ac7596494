import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'));

/** What makes HTML, a script or an address of another server from text. */
const FORBIDDEN = /dangerouslySetInnerHTML|\b(innerHTML|outerHTML|insertAdjacentHTML)\b|document\.write|\beval\(|new Function|\bimport\(/;

test('no source makes HTML or scripts from text', () => {
	assert.ok(sources.length > 20);
	for (const name of sources) {
		assert.doesNotMatch(readFileSync(join(root, name), 'utf8'), FORBIDDEN, name);
	}
});
