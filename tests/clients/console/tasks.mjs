// What people do here, from the beginning to the end.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { check, password } from '../domain.mjs';
import { accessible, clean, seed, settled, works } from './harness.mjs';

const run = promisify(execFile);

export async function tasks(given) {
	await Promise.all([
		onBackend(given, 'emulated', given.emulated),
		onBackend(given, 'aws', given.aws),
		live(given),
	]);
}

async function onBackend({ browser }, backend, server) {
	const world = await seed(server.api, 'tasks');
	const { pool, call } = world;
	const page = await server.tab(browser);
	const open = (path, query = {}) => server.open(page, path, query, pool);
	const signIn = (Username, PASSWORD) => call('AdminInitiateAuth', {
		UserPoolId: pool, ClientId: world.web, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters: { USERNAME: Username, PASSWORD },
	});

	await diagnosis(page, backend, open, () => works(signIn('cleo', password)));
	await newPassword(page, backend, open, (text) => works(signIn('ben', text)));
	await attributes(page, backend, open, call, pool);
	await client(page, backend, open, call, world);
	await audit(page, backend, open, call, pool);
	await groups(page, backend, open, call, pool);
	await urls(page, backend, open, world);
	await everyUser(page, backend, open, call, pool);
	await sameCall(page, backend, open, server, world);
	await sameRead(page, backend, open, server, world);
	clean(page, `${backend}: tasks`);
	await page.context().close();
}

async function diagnosis(page, backend, open, canSignIn) {
	check(`${backend}: the user cannot sign in`, !(await canSignIn()));
	await open('users/cleo', { tab: 'sign-in' });
	await page.getByRole('heading', { name: 'The user is disabled' }).waitFor();
	await page.getByRole('button', { name: /^Enable user/ }).click();
	await page.getByText('Can sign in', { exact: true }).waitFor();
	check(`${backend}: the diagnosis has a button that fixes the sign-in`, await canSignIn());
}

async function newPassword(page, backend, open, canSignIn) {
	await open('users/ben');
	await page.getByRole('button', { name: 'Reset password' }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByLabel(/New password/).fill('short');
	await dialog.getByRole('button', { name: 'Set the password' }).click();
	await dialog.locator('.error-panel').waitFor();
	await accessible(page, `${backend}: an error in a form`);
	check(`${backend}: a refused password shows the server's sentence`, /password/i.test(await dialog.locator('.error-message').textContent()));
	await dialog.getByLabel(/New password/).fill('Another-Horse-8');
	await dialog.getByRole('button', { name: 'Set the password' }).click();
	await page.getByText('The password was set.').waitFor();
	check(`${backend}: a password is reset`, await canSignIn('Another-Horse-8'));
	const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.body.innerHTML]));
	check(`${backend}: a password stays in no storage and in no element`, !stored.includes('Another-Horse-8'));
}

async function attributes(page, backend, open, call, pool) {
	await open('users/dora');
	await page.locator('section').filter({ hasText: 'Attributes' }).getByRole('button', { name: 'Change', exact: true }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByRole('button', { name: 'Add an attribute' }).click();
	await dialog.getByLabel('Name of the attribute').fill('nickname');
	await dialog.locator('.attribute-row').last().locator('input').last().fill('Dodo');
	await dialog.getByRole('button', { name: 'Review the change' }).click();
	await dialog.getByRole('rowheader', { name: 'nickname' }).waitFor();
	const before = await call('AdminGetUser', { UserPoolId: pool, Username: 'dora' });
	check(`${backend}: the review changes nothing`, !JSON.stringify(before).includes('Dodo'));
	await dialog.getByRole('button', { name: 'Change the attributes' }).click();
	await page.getByText('The attributes were changed.').waitFor();
	const { UserAttributes } = await call('AdminGetUser', { UserPoolId: pool, Username: 'dora' });
	check(`${backend}: an attribute is set`, UserAttributes.some((one) => one.Name === 'nickname' && one.Value === 'Dodo'));
}

async function client(page, backend, open, call, world) {
	await open(`clients/${world.web}`);
	await page.getByRole('button', { name: 'Change settings' }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByLabel('Access tokens last').fill('30 minutes');
	await dialog.getByRole('button', { name: 'Review the change' }).click();
	const row = dialog.getByRole('row').filter({ hasText: 'AccessTokenValidity' });
	await row.getByText('30 minutes').waitFor();
	await accessible(page, `${backend}: before and after`);
	await dialog.getByRole('button', { name: 'Apply the change' }).click();
	await page.getByText('The settings were changed.').waitFor();
	const { UserPoolClient } = await call('DescribeUserPoolClient', { UserPoolId: world.pool, ClientId: world.web });
	check(`${backend}: a setting changes and the others stay`, UserPoolClient.AccessTokenValidity === 30 && UserPoolClient.CallbackURLs[0] === 'http://localhost:3000/callback', UserPoolClient);
}

async function audit(page, backend, open, call, pool) {
	await open('settings', { tab: 'audit' });
	await page.getByRole('button', { name: /^Review the fix: Deletion protection/ }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByRole('rowheader', { name: 'DeletionProtection' }).waitFor();
	await dialog.getByRole('button', { name: 'Apply the fix' }).click();
	await page.getByText('Deletion protection is INACTIVE').waitFor({ state: 'detached' });
	const { UserPool } = await call('DescribeUserPool', { UserPoolId: pool });
	check(`${backend}: a finding is fixed`, UserPool.DeletionProtection === 'ACTIVE');
	await call('UpdateUserPool', { UserPoolId: pool, DeletionProtection: 'INACTIVE', AutoVerifiedAttributes: ['email'] });
}

async function groups(page, backend, open, call, pool) {
	await open('groups');
	await page.getByRole('button', { name: 'Create group' }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByRole('button', { name: 'Create group' }).click();
	await dialog.locator('.field-problem').first().waitFor();
	check(`${backend}: a missing field has its problem`, /required/.test(await dialog.locator('.field-problem').first().textContent()));
	await dialog.getByLabel(/^Group/).fill('beta');
	await dialog.getByRole('button', { name: 'Create group' }).click();
	await page.getByText('The group was created.').waitFor();

	await open('users');
	await settled(page);
	await page.getByLabel('Select ana', { exact: true }).check();
	await page.getByLabel('Select dora', { exact: true }).check();
	await page.locator('.bulk-bar select').selectOption({ label: 'Add to a group' });
	await page.locator('dialog[open]').getByLabel(/^Group/).selectOption('beta');
	await page.getByRole('button', { name: 'Preview' }).click();
	await page.getByRole('button', { name: 'Add to a group: 2 users' }).click();
	await page.locator('dialog').getByText('2 done').waitFor();
	const { Users } = await call('ListUsersInGroup', { UserPoolId: pool, GroupName: 'beta' });
	check(`${backend}: several users are added to a group`, Users.map((one) => one.Username).sort().join() === 'ana,dora');
	await page.locator('dialog footer').getByRole('button', { name: 'Close' }).click();
	await page.getByLabel('Group', { exact: true }).selectOption('beta');
	await page.getByText('2 users').first().waitFor();
	check(`${backend}: users are filtered by group`, (await page.locator('tbody tr').count()) === 2);
}

async function urls(page, backend, open, world) {
	await open('clients');
	const url = `https://x.auth.us-east-1.amazoncognito.com/login?client_id=${world.web}&response_type=code&redirect_uri=http://localhost:3000/callbacks`;
	await page.getByLabel('URL', { exact: true }).fill(url);
	await page.getByRole('button', { name: 'Check', exact: true }).click();
	await page.getByText('Cognito refuses the URL', { exact: true }).waitFor();
	await accessible(page, `${backend}: a refused URL`);
	check(`${backend}: the checker shows the first different character`, (await page.locator('mark').count()) > 0);
}

/** The command of the AWS CLI that the page shows does the same. */
async function sameCall(page, backend, open, server, world) {
	await open('users/emil');
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByLabel(/^Group/).fill('staff');
	await dialog.getByRole('button', { name: 'The same as a call' }).click();
	const call = JSON.parse(await dialog.getByRole('region', { name: 'tool call', exact: true }).textContent());
	check(`${backend}: the page shows the tool call`, call.name === 'add_user_to_group' && call.arguments.group === 'staff', call);
	await dialog.getByRole('button', { name: 'Copy AWS CLI commands' }).click();
	const command = await page.evaluate(() => navigator.clipboard.readText());
	check(`${backend}: the command has the server's address`, command.includes(`--endpoint-url ${server.api}`), command);
	await page.keyboard.press('Escape');
	await run('bash', ['-c', command], { env: { ...process.env, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' } });
	const { Groups } = await world.call('AdminListGroupsForUser', { UserPoolId: world.pool, Username: 'emil' });
	check(`${backend}: the AWS CLI command does the same`, Groups[0]?.GroupName === 'staff', Groups);
}

/** The commands of the AWS CLI for what a page reads. */
async function sameRead(page, backend, open, server, world) {
	await open('users/ana');
	const card = page.locator('section').filter({ hasText: 'Second factors' }).first();
	await card.getByRole('button', { name: 'The same as a call' }).click();
	const shown = await card.getByRole('region', { name: 'AWS CLI commands' }).textContent();
	check(`${backend}: a read has its AWS CLI commands`, shown.includes('admin-get-user') && shown.includes('admin-list-groups-for-user') && shown.includes(server.api), shown);
	const { stdout } = await run('bash', ['-c', shown.split('\n\n')[0]], { env: { ...process.env, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' } });
	check(`${backend}: the AWS CLI command reads the same`, JSON.parse(stdout).Username === 'ana', stdout);
	await accessible(page, `${backend}: the commands of a read`);
	await open(`clients/${world.service}`);
	await page.getByRole('button', { name: 'Show the secret' }).click();
	await page.getByRole('button', { name: 'Hide the secret' }).waitFor();
	await page.keyboard.press('Alt+c');
	const calls = page.getByRole('complementary', { name: 'Calls of this page' });
	await calls.getByRole('button', { name: /Describe app client/ }).first().click();
	const commands = await calls.getByRole('region', { name: 'AWS CLI commands' }).textContent();
	check(`${backend}: the commands of a call have no secrets`, commands.includes('describe-user-pool-client') && !commands.includes(world.serviceSecret), commands);
	await page.keyboard.press('Alt+c');
}

/** All users that match the filters are changed and exported, also those that the table did not read. */
async function everyUser(page, backend, open, call, pool) {
	await open('users');
	await settled(page);
	await page.getByLabel('Select all 5 rows').check();
	await page.getByRole('button', { name: 'Select all users of the pool' }).click();
	await page.getByText('All users of the pool selected').waitFor();
	await page.locator('.bulk-bar select').selectOption({ label: 'Set attributes' });
	const dialog = page.locator('dialog[open]');
	await dialog.getByLabel('Attribute').fill('profile');
	await dialog.getByLabel('Value').fill('https://example.com');
	await dialog.getByRole('button', { name: 'Preview' }).click();
	await dialog.getByText('would change attributes of 5 users').waitFor();
	await accessible(page, `${backend}: a change of all users`);
	await dialog.getByRole('button', { name: 'Set attributes: 5 users' }).click();
	await dialog.getByText('5 done').waitFor();
	await dialog.locator('footer').getByRole('button', { name: 'Close' }).click();
	const { UserAttributes } = await call('AdminGetUser', { UserPoolId: pool, Username: 'emil' });
	check(`${backend}: all users are changed by one call`, UserAttributes.some((one) => one.Name === 'profile'));

	await call('AdminCreateUser', { UserPoolId: pool, Username: 'no,mail', MessageAction: 'SUPPRESS' });
	await open('users', { status: 'CONFIRMED' });
	await page.getByRole('button', { name: 'Export CSV' }).click();
	const downloading = page.waitForEvent('download');
	await dialog.getByRole('button', { name: 'Export', exact: true }).click();
	const download = await downloading;
	const file = readFileSync(await download.path(), 'utf8');
	check(`${backend}: the users that match are exported as CSV`, file.split('\n').length === 7 && file.includes('ana@example.com') && download.suggestedFilename() === 'tasks-users.csv', file);
	await dialog.getByText('5 users').waitFor();
	await dialog.locator('footer').getByRole('button', { name: 'Close' }).click();
	await open('users');
	await page.getByRole('button', { name: 'Export CSV' }).click();
	await dialog.getByRole('button', { name: 'Export', exact: true }).click();
	await dialog.getByText('an import requires a verified e-mail address').waitFor();
	await accessible(page, `${backend}: an export with users left out`);
	check(`${backend}: the export says which users it lacks`, true);
	await dialog.locator('footer').getByRole('button', { name: 'Close' }).click();
	await call('AdminDeleteUser', { UserPoolId: pool, Username: 'no,mail' });
}

/** Two tabs: what one changes, the other shows. And what an application changes. */
async function live({ browser, emulated }) {
	const world = await seed(emulated.api, 'live');
	const first = await emulated.tab(browser);
	const second = await emulated.tabIn(first.context());
	await emulated.open(first, 'users/ana', {}, world.pool);
	await emulated.open(second, 'users/ana', {}, world.pool);
	await first.bringToFront();
	await first.getByRole('button', { name: 'Reset password' }).waitFor();
	await second.getByRole('button', { name: 'Actions', exact: true }).click();
	await second.getByRole('menuitem', { name: 'Disable' }).click();
	await second.locator('dialog.danger').getByRole('button', { name: 'Disable user' }).click();
	await first.getByText('Disabled', { exact: true }).first().waitFor();
	check('live: a change in one tab is shown in the other', true);
	await world.call('AdminEnableUser', { UserPoolId: world.pool, Username: 'ana' });
	await first.getByText('Enabled', { exact: true }).first().waitFor();
	check('live: a change by an application is shown', true);
	clean(first, 'two tabs');
	clean(second, 'two tabs');
	await first.context().close();
}
