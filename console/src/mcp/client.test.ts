import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerValue } from './client.ts';

test('a header has ASCII as it is, and other text in Base64', () => {
	assert.equal(headerValue('get_user'), 'get_user');
	assert.equal(headerValue('ä'), '=?base64?w6Q=?=');
	assert.equal(headerValue(' x'), '=?base64?IHg=?=');
	assert.equal(headerValue('=?base64?eA==?='), '=?base64?PT9iYXNlNjQ/ZUE9PT89?=');
});
