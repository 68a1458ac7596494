import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from './events.ts';

const STREAM = 'id: 1\ndata: {"a":1}\n\n: a comment\n\ndata: one\r\ndata: two\r\n\r\nretry: 5\ndata:\n\n';
const EVENTS = ['{"a":1}', 'one\ntwo', ''];

test('events are the same wherever the stream is cut', () => {
	for (let size = 1; size <= STREAM.length; size++) {
		const parser = new EventParser();
		const found: string[] = [];
		for (let at = 0; at < STREAM.length; at += size) {
			found.push(...parser.push(STREAM.slice(at, at + size)).map((event) => event.data));
		}
		assert.deepEqual(found, EVENTS, `pieces of ${size}`);
	}
});
