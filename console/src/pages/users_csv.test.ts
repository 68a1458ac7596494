import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinedCsv } from './users_csv.ts';

test('pages of an export are one file with one header', () => {
	assert.equal(joinedCsv(['name,email\nana,a@example.com\n', 'name,email\nben,b@example.com\n', 'name,email\n']), 'name,email\nana,a@example.com\nben,b@example.com\n');
	assert.equal(joinedCsv([]), '');
});
