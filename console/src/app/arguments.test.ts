import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedOnly } from './arguments.ts';

test('only what changed is sent', () => {
	const initial = { name: 'web', flows: ['A', 'B'], scopes: ['openid'], secret: false };
	assert.deepEqual(changedOnly(initial, { name: 'web', flows: ['B', 'A'], scopes: ['openid'], secret: false }), {});
	assert.deepEqual(changedOnly(initial, { name: 'app', flows: ['A'], scopes: ['openid'], secret: true }), { name: 'app', flows: ['A'], secret: true });
});

test('a list that was emptied is sent as empty', () => {
	assert.deepEqual(changedOnly({ callback_urls: ['https://a.example/'] }, {}), { callback_urls: [] });
});
