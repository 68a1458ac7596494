// Seven tasks, each once with the keyboard alone and once with the mouse alone, from the first page
// to the result. The table at the end has the time of each, the keys and the clicks.

import { readFileSync } from 'node:fs';
import { check, password } from '../domain.mjs';
import { clean, seed, settled, works } from './harness.mjs';
import { Person } from './person.mjs';

export async function people(given) {
	const rows = [];
	const emulated = [whyNoSignIn, codeOfSignUp, throttledSignIn, clientBeforeAndAfter, expiredToken, exportedPool];
	for (const by of ['keyboard', 'mouse']) {
		// The faults and the clock are of the whole emulator.
		const server = await given.start('--empty', '--listen', '127.0.0.1:0');
		server.world = await seed(server.api, `people-${by}`);
		for (const task of emulated) rows.push(await done(given, server, task, by));
		rows.push(await done(given, given.readOnly, passwordOnReadOnly, by));
		server.stop();
	}
	console.log('task                      by        seconds  keys  characters  clicks');
	for (const { task, by, seconds, keys, characters, clicks } of rows) {
		console.log(`${task.padEnd(25)} ${by.padEnd(9)} ${seconds.padStart(7)}  ${String(keys).padStart(4)}  ${String(characters).padStart(10)}  ${String(clicks).padStart(6)}`);
	}
}

async function done({ browser, images }, server, task, by) {
	const page = await server.tab(browser);
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await server.open(page, '');
	await settled(page);
	const person = new Person(page, by, task.name, images);
	await task({ ...server.world, page, person, server });
	const row = person.row();
	check(`people: ${task.name} with the ${by}`, true);
	clean(page, `people: ${task.name}, ${by}`);
	await page.context().close();
	return row;
}

const row = (page, name) => page.locator('main tbody').getByRole('link', { name, exact: true });

/** Finds why a user cannot sign in, and fixes it. */
async function whyNoSignIn({ page, person, call, pool }) {
	await person.see();
	if (person.usesKeyboard) {
		await person.command('cleo');
	} else {
		await person.go('u', 'Users');
		await person.see(row(page, 'cleo'));
		await person.click(row(page, 'cleo'));
	}
	await person.see(page.getByText('Disabled', { exact: true }).first());
	if (person.usesKeyboard) await person.command('why');
	else await person.click(page.getByRole('tab', { name: 'Sign-in' }));
	await page.getByText('Cannot sign in', { exact: true }).waitFor();
	await person.see(page.getByText('cleo cannot sign in: the user is disabled.'));
	await person.use(page.getByRole('button', { name: /^Enable user/ }));
	await person.see(page.getByText('Can sign in', { exact: true }));
	check('people: the user is enabled', (await call('AdminGetUser', { UserPoolId: pool, Username: 'cleo' })).Enabled);
}

/** Picks up a code, and finishes a sign-up. */
async function codeOfSignUp({ page, person, call, pool, web }) {
	const email = { Name: 'email', Value: 'faye@example.com' };
	await person.meanwhile(() => call('SignUp', { ClientId: web, Username: 'faye', Password: password, UserAttributes: [email] }));
	await person.go('m', 'Mail and SMS');
	const confirm = page.getByRole('button', { name: 'Confirm the sign-up' });
	await person.see(confirm);
	await person.use(confirm);
	await person.see(page.getByText('faye is confirmed.'));
	check('people: the sign-up is finished', (await call('AdminGetUser', { UserPoolId: pool, Username: 'faye' })).UserStatus === 'CONFIRMED');
}

/** Resets a password on a server that only reads: refused with the reason. */
async function passwordOnReadOnly({ page, person, call, pool }) {
	if (person.usesKeyboard) {
		await person.command('ana');
	} else {
		await person.go('u', 'Users');
		await person.click(row(page, 'ana'));
	}
	const reset = page.getByRole('button', { name: 'Reset password' });
	await person.see(reset);
	if (person.usesKeyboard) await person.command('reset the password');
	else await person.click(reset);
	await person.see(page.locator('dialog[open]').getByText('which this server does not allow on AWS').first());
	check('people: the password is unchanged', (await call('AdminGetUser', { UserPoolId: pool, Username: 'ana' })).UserStatus === 'CONFIRMED');
}

/** Throttles the next sign-in of an application, and sees the refusal. */
async function throttledSignIn({ page, person, call, web }) {
	const signIn = () => works(call('InitiateAuth', { ClientId: web, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'ana', PASSWORD: password } }));
	await person.meanwhile(signIn);
	await person.go('r', 'Requests');
	const dialog = page.locator('dialog[open]');
	const seen = page.getByRole('button', { name: 'InitiateAuth', exact: true });
	await person.see(seen);
	if (person.usesKeyboard) {
		await person.command('add a fault');
		await person.see(dialog);
		await person.fill(dialog.getByLabel('Operation'), 'InitiateAuth');
		await person.press('Enter');
	} else {
		await person.click(seen);
		const next = page.getByRole('button', { name: 'Break the next one' });
		await person.see(next);
		await person.click(next);
		await person.see(dialog);
		await person.click(dialog.getByRole('button', { name: 'Break it' }));
	}
	await person.see(page.getByText('1 fault is pending'));
	check('people: the sign-in is refused', !(await person.meanwhile(signIn)));
	const refused = page.locator('main tbody tr').filter({ hasText: 'TooManyRequestsException' }).first();
	await person.see(refused);
	await person.use(refused.getByRole('button', { name: 'InitiateAuth' }));
	await person.see(page.locator('.refusal'));
	check('people: the next sign-in succeeds', await person.meanwhile(signIn));
}

/** Compares the settings of a client before and after a change. */
async function clientBeforeAndAfter({ page, person, call, pool, web }) {
	await person.go('c', 'App clients');
	await person.see(row(page, 'web'));
	await person.use(row(page, 'web'));
	const change = page.getByRole('button', { name: 'Change settings' });
	await person.see(change);
	await person.use(change);
	const dialog = page.locator('dialog[open]');
	await person.see(dialog);
	await person.fill(dialog.getByLabel('Access tokens last'), '30 minutes');
	await person.submit(dialog.getByRole('button', { name: 'Review the change' }));
	await person.see(dialog.getByRole('row').filter({ hasText: 'AccessTokenValidity' }).getByText('30 minutes'));
	await person.use(dialog.getByRole('button', { name: 'Apply the change' }));
	await person.see(page.getByText('The settings were changed.'));
	const { UserPoolClient } = await call('DescribeUserPoolClient', { UserPoolId: pool, ClientId: web });
	check('people: the setting is changed', UserPoolClient.AccessTokenValidity === 30);
}

/** Moves the clock past the life of a token. */
async function expiredToken({ page, person, call, web }) {
	const { AuthenticationResult } = await person.meanwhile(() => call('InitiateAuth', { ClientId: web, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'dora', PASSWORD: password } }));
	const accepted = () => works(call('GetUser', { AccessToken: AuthenticationResult.AccessToken }));
	check('people: the token is accepted', await person.meanwhile(accepted));
	await person.go('t', 'Clock and faults');
	const step = page.getByRole('button', { name: '+ 1 hour', exact: true });
	await person.see(step);
	await person.use(step);
	const move = page.getByRole('button', { name: 'Move the clock', exact: true });
	await person.see(move);
	await person.use(move);
	await person.see(page.getByText('The clock moved by 1 hour.'));
	check('people: the token has expired', !(await person.meanwhile(accepted)));
}

/** Exports the pool. */
async function exportedPool({ page, person }) {
	await person.go('a', 'State');
	const button = page.getByRole('button', { name: 'Export the pool' });
	await person.see(button);
	const downloading = page.waitForEvent('download');
	await person.use(button);
	const download = await downloading;
	await person.see(page.getByText('Done', { exact: true }));
	const file = readFileSync(await download.path(), 'utf8');
	check('people: the pool is exported with its users', file.includes('- Username: ana'));
}
