// Every destructive action of the pages: refused, then confirmed, on both backends. And every
// writing action on a server that only reads: refused with the server's reason.

import { check } from '../domain.mjs';
import { clean, seed, settled, works } from './harness.mjs';

/** The dialog with the server's question. */
const question = (page) => page.locator('dialog.danger').last();

/**
 * Presses, declines, and checks that nothing changed; then presses again and confirms.
 * `press` opens the question, and `stays` reports whether what it would destroy is still there.
 */
async function twice(page, name, { press, message, confirm, stays }) {
	await press();
	await question(page).getByText(message).waitFor();
	await question(page).getByRole('button', { name: 'Cancel' }).click();
	await question(page).getByText(message).waitFor({ state: 'detached' });
	check(`${name}: a refused action changes nothing`, await stays());
	await page.keyboard.press('Escape');
	await page.keyboard.press('Escape');
	await press();
	await question(page).getByText(message).waitFor();
	await question(page).getByRole('button', { name: confirm, exact: true }).click();
	await question(page).getByText(message).waitFor({ state: 'detached' });
	for (let left = 50; await stays(); left -= 1) {
		if (left === 0) throw new Error(`FAILED: ${name}: a confirmed action is executed`);
		await page.waitForTimeout(50);
	}
	check(`${name}: a confirmed action is executed`, true);
}

export async function actions({ browser, emulated, aws, readOnly }) {
	await Promise.all([destructive(browser, 'emulated', emulated), destructive(browser, 'aws', aws)]);
	await locked(browser, readOnly);
}

async function destructive(browser, backend, server) {
	const world = await seed(server.api, 'actions');
	const { pool, call } = world;
	const page = await server.tab(browser);
	const open = (path, query = {}) => server.open(page, path, query, pool);
	const user = (Username) => call('AdminGetUser', { UserPoolId: pool, Username });
	const enabled = async (username) => (await user(username)).Enabled;
	const menu = async (item) => {
		await page.getByRole('button', { name: 'Actions', exact: true }).click();
		await page.getByRole('menuitem', { name: item }).click();
	};

	await open('users/ana');
	await twice(page, `${backend}: disable a user`, {
		press: () => menu('Disable'),
		message: 'would disable user ana',
		confirm: 'Disable user',
		stays: () => enabled('ana'),
	});
	await page.getByText('Disabled', { exact: true }).first().waitFor();
	await twice(page, `${backend}: delete a user`, {
		press: () => menu('Delete'),
		message: 'would delete user ana',
		confirm: 'Delete user',
		stays: () => works(user('ana')),
	});
	await page.waitForFunction(() => /^#\/users\?/.test(location.hash));

	const bulk = (action, usernames) => async () => {
		await open('users');
		await settled(page);
		for (const username of usernames) await page.getByLabel(`Select ${username}`, { exact: true }).check();
		await page.locator('.bulk-bar select').selectOption({ label: action });
		await page.getByRole('button', { name: 'Preview' }).click();
		await page.locator('dialog').getByText(`would ${action.toLowerCase()} 2 users`).waitFor();
		await page.getByRole('button', { name: `${action}: 2 users` }).click();
	};
	const afterBulk = async () => {
		await page.locator('dialog').getByText('2 done').waitFor();
		await page.locator('dialog footer').getByRole('button', { name: 'Close' }).click();
	};
	await twice(page, `${backend}: disable several users`, {
		press: bulk('Disable', ['ben', 'dora']),
		message: 'update_users would disable 2 users: ben, dora',
		confirm: 'Change many users',
		stays: async () => (await enabled('ben')) || (await enabled('dora')),
	});
	await afterBulk();
	await twice(page, `${backend}: delete several users`, {
		press: bulk('Delete', ['ben', 'dora']),
		message: 'update_users would delete 2 users: ben, dora',
		confirm: 'Change many users',
		stays: async () => (await works(user('ben'))) || works(user('dora')),
	});
	await afterBulk();

	await open('groups', { group: 'staff' });
	await twice(page, `${backend}: delete a group`, {
		press: () => page.getByRole('button', { name: 'Delete', exact: true }).click(),
		message: 'would delete group staff',
		confirm: 'Delete group',
		stays: () => works(call('GetGroup', { UserPoolId: pool, GroupName: 'staff' })),
	});

	await secrets(page, backend, server, world);
	await open(`clients/${world.web}`);
	await twice(page, `${backend}: delete an app client`, {
		press: () => page.getByRole('button', { name: 'Delete', exact: true }).click(),
		message: 'would delete app client web',
		confirm: 'Delete app client',
		stays: () => works(call('DescribeUserPoolClient', { UserPoolId: pool, ClientId: world.web })),
	});
	// Cognito deletes no pool that has a domain.
	await call('DeleteUserPoolDomain', { UserPoolId: pool, Domain: world.domain });
	await open('settings');
	await twice(page, `${backend}: delete a pool`, {
		press: () => page.getByRole('button', { name: 'Delete the pool' }).click(),
		message: 'would delete user pool actions',
		confirm: 'Delete user pool',
		stays: () => works(call('DescribeUserPool', { UserPoolId: pool })),
	});
	clean(page, `${backend}: destructive actions`);
	await page.context().close();
}

/** A secret is added and removed. An existing one is shown behind a click, if the server shows secrets. */
async function secrets(page, backend, server, world) {
	const args = { UserPoolId: world.pool, ClientId: world.service };
	const count = async () => (await world.call('ListUserPoolClientSecrets', args)).ClientSecrets.length;
	await server.open(page, `clients/${world.service}`, {}, world.pool);
	const text = () => page.locator('main').textContent();
	await page.getByRole('button', { name: 'Show the secret' }).waitFor();
	check(`${backend}: a secret is hidden`, !(await text()).includes(world.serviceSecret));
	await page.getByRole('button', { name: 'Show the secret' }).click();
	if (backend === 'emulated') {
		await page.getByText(world.serviceSecret).waitFor();
		check(`${backend}: a secret is shown on request`, true);
	} else {
		await page.getByText('The server hides secrets').waitFor();
		check(`${backend}: a secret stays hidden on AWS`, !(await text()).includes(world.serviceSecret));
	}
	await page.getByRole('button', { name: 'Add a secret' }).click();
	await page.locator('dialog').getByText('The new secret').waitFor();
	await page.locator('dialog footer').getByRole('button', { name: 'Close' }).click();
	check(`${backend}: a secret is added`, (await count()) === 2);
	await twice(page, `${backend}: remove a secret`, {
		press: () => page.getByRole('button', { name: 'Remove', exact: true }).first().click(),
		message: 'remove_client_secret would',
		confirm: 'Remove client secret',
		stays: async () => (await count()) === 2,
	});
}

/** A server that only reads shows its reason, and the buttons have a lock. */
async function locked(browser, server) {
	const page = await server.tab(browser);
	const reason = 'which this server does not allow on AWS';
	const refused = async (name, press) => {
		await press();
		await page.locator('dialog[open]').getByText(reason).first().waitFor();
		check(`read-only: ${name} is refused with the reason`, true);
		await page.keyboard.press('Escape');
		await page.locator('dialog[open]').waitFor({ state: 'detached' });
	};
	await server.open(page, 'users/ana');
	await refused('reset a password', () => page.getByRole('button', { name: 'Reset password' }).click());
	for (const item of ['Disable', 'Delete', 'Sign out everywhere', 'Require a new password']) {
		await refused(item, async () => {
			await page.getByRole('button', { name: 'Actions', exact: true }).click();
			await page.getByRole('menuitem', { name: item }).click();
		});
	}
	await refused('change attributes', () => page.getByRole('button', { name: 'Change', exact: true }).click());
	await refused('remove from a group', () => page.getByRole('button', { name: 'Remove', exact: true }).click());
	await server.open(page, 'users');
	await refused('create a user', () => page.getByRole('button', { name: 'Create user' }).click());
	await server.open(page, 'groups', { group: 'staff' });
	await refused('create a group', () => page.getByRole('button', { name: 'Create group' }).click());
	await refused('delete a group', () => page.getByRole('button', { name: 'Delete', exact: true }).click());
	await server.open(page, `clients/${server.world.web}`);
	await refused('change a client', () => page.getByRole('button', { name: 'Change settings' }).click());
	await refused('delete a client', () => page.getByRole('button', { name: 'Delete', exact: true }).click());
	await server.open(page, 'settings');
	await refused('delete the pool', () => page.getByRole('button', { name: 'Delete the pool' }).click());
	const { Enabled } = await server.world.call('AdminGetUser', { UserPoolId: server.world.pool, Username: 'ana' });
	check('read-only: nothing changed', Enabled);
	clean(page, 'read-only actions');
	await page.context().close();
}
