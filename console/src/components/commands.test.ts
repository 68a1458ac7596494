import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, type Command } from './commands.ts';

const command = (title: string, words?: string): Command => ({ title, group: 'Tools', icon: 'play', run: () => {}, ...(words ? { words } : {}) });
const LIST = [command('Resend the invitation', 'create_user'), command('Create user pool'), command('Create user'), command('Delete user')];

test('the command with the title that was typed comes first', () => {
	assert.deepEqual(matching(LIST, 'create user').map((one) => one.title), ['Create user', 'Create user pool', 'Resend the invitation']);
	assert.deepEqual(matching(LIST, 'USER de').map((one) => one.title), ['Delete user']);
});

test('other words find a command', () => {
	assert.deepEqual(matching(LIST, 'create_user').map((one) => one.title), ['Resend the invitation']);
});

test('without a text every command is listed', () => {
	assert.equal(matching(LIST, '').length, LIST.length);
});
