import assert from 'node:assert/strict';
import test from 'node:test';
import { expiringWords, shortSpan, spanOf, spanWords } from './clock_reading.ts';

test('a span has the members of advance_clock', () => {
	assert.deepEqual(spanOf(90_061), { days: 1, hours: 1, minutes: 1, seconds: 1 });
	assert.deepEqual(shortSpan(3_600), { hours: 1 });
	assert.deepEqual(shortSpan(0), {});
});

test('a span in words has no members that are 0', () => {
	assert.equal(spanWords(60), '1 minute');
	assert.equal(spanWords(2 * 86_400 + 5), '2 days 5 seconds');
	assert.equal(spanWords(0), '0 seconds');
});

test('only what would expire is named', () => {
	assert.deepEqual(expiringWords({ codes: 1, challenges: 0, refresh_tokens: 2, temporary_passwords: 0, locks: 0 }), ['1 code that was sent', '2 refresh tokens']);
	assert.deepEqual(expiringWords({ codes: 0, challenges: 0, refresh_tokens: 0, temporary_passwords: 0, locks: 0 }), []);
});
