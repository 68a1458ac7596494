import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeOf } from './answer.ts';

test('an error is read from the JSON in its text', () => {
	const details = {
		code: 'UserNotFoundException',
		message: 'User does not exist.',
		problems: [],
		hint: 'Search for the user',
		retry: { tool: 'list_users', arguments: { filter: 'email ^= "a"' } },
		retryable: false,
	};
	const text = `Error: User does not exist. Search for the user.\n${JSON.stringify(details)}`;
	const outcome = outcomeOf({ isError: true, content: [{ type: 'text', text }] });
	assert.deepEqual(outcome, { ok: false, error: details });
});

test('the text of an error without JSON is its message', () => {
	const outcome = outcomeOf({ isError: true, content: [{ type: 'text', text: 'Error: It failed.' }] });
	assert.deepEqual(outcome, { ok: false, error: { code: 'Error', message: 'It failed.', problems: [] } });
});

test('an answer without structuredContent is parsed from its text', () => {
	assert.deepEqual(outcomeOf({ content: [{ type: 'text', text: '{"users":[]}' }] }), { ok: true, answer: { users: [] } });
});
