import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerValue } from './client.ts';

test('a header value is encoded in Base64 if it is not ASCII, begins or ends with a space, or begins with =?', () => {
	assert.equal(headerValue('get_user'), 'get_user');
	assert.equal(headerValue('ä'), '=?base64?w6Q=?=');
	assert.equal(headerValue(' x'), '=?base64?IHg=?=');
	assert.equal(headerValue('=?base64?eA==?='), '=?base64?PT9iYXNlNjQ/ZUE9PT89?=');
});
