import assert from 'node:assert/strict';
import test from 'node:test';
import { joined } from './join.ts';

const keyOf = (item: string) => item;

test('new items come before those that are known', () => {
	assert.deepEqual(joined(['c', 'b'], ['b', 'a'], keyOf), ['c', 'b', 'a']);
});

test('without a common item, only the first page is certain', () => {
	assert.deepEqual(joined(['x', 'y'], ['b', 'a'], keyOf), ['x', 'y']);
});
