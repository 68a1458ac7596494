import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hrefOf, parseRoute } from './router.ts';

test('an address keeps every name', () => {
	for (const name of ['ana', 'a/b', 'a?b#c', 'ä &=+', '100%', '<img src=x>', '..', ' ']) {
		const route = parseRoute(hrefOf(['users', name], { pool: 'us-east-1_A', q: name }));
		assert.deepEqual(route, { path: ['users', name], query: { pool: 'us-east-1_A', q: name } });
	}
});

test('an address that was cut off opens', () => {
	assert.deepEqual(parseRoute('#/users/100%'), { path: ['users', '100%'], query: {} });
	assert.deepEqual(parseRoute(''), { path: [], query: {} });
	assert.deepEqual(parseRoute('#/'), { path: [], query: {} });
});
