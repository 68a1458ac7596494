import assert from 'node:assert/strict';
import test from 'node:test';
import { linesAround, mergedPages, mistakeOf, notExported, offsetOf } from './pool_files.ts';

const page = (...users: string[]) =>
	['Version: 1', 'NotExported:', '  - "Passwords: none"', '  - Devices', 'UserPools:', '  - PoolName: a', '    Users:', ...users.flatMap((name) => [`      - Username: ${name}`, '        UserStatus: CONFIRMED']), '    Groups: []', ''].join('\n');

test('pages of an export become one file', () => {
	assert.equal(mergedPages([page('ana', 'ben'), page('cleo')]), page('ana', 'ben', 'cleo'));
	assert.equal(mergedPages([page('ana')]), page('ana'));
	assert.equal(mergedPages([]), '');
});

test('the members that a file lacks are read', () => {
	assert.deepEqual(notExported(page()), ['Passwords: none', 'Devices']);
	assert.deepEqual(notExported('Version: 1\nNotExported: []\n'), []);
});

test('a mistake has its line and column', () => {
	assert.deepEqual(mistakeOf('/content: line 4, column 5: UserPools[0]: no'), { line: 4, column: 5, message: 'UserPools[0]: no' });
	assert.equal(mistakeOf('The pool exists already.'), undefined);
});

test('a position is found in the text', () => {
	assert.equal(offsetOf('ab\ncd\n', 2, 2), 4);
	assert.equal(offsetOf('ab', 9, 9), 2);
	assert.deepEqual(linesAround('a\nb\nc\nd', 2, 1), [{ number: 1, text: 'a' }, { number: 2, text: 'b' }, { number: 3, text: 'c' }]);
});
