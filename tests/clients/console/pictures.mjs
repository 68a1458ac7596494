// The pictures of docs/images/console, from a pool with invented people. It runs when it is named:
// `console.mjs … FOLDER-FOR-IMAGES pictures` writes them to that folder.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { api, password } from '../domain.mjs';
import { clean, settled, works } from './harness.mjs';

const PEOPLE = [
	'Ana Silva', 'Ben Okafor', 'Cleo Martin', 'Dora Novak', 'Emil Jensen', 'Fatima Haddad', 'Goran Petrov', 'Hana Sato', 'Ivo Rossi', 'Jana Kovacs',
	'Kofi Mensah', 'Lena Fischer', 'Marta Nowak', 'Nils Berg', 'Olga Ivanova', 'Paul Dubois', 'Quentin Leroy', 'Rosa Garcia', 'Sven Larsen', 'Tara Singh',
];
const STATUS = { ben: 'FORCE_CHANGE_PASSWORD', hana: 'FORCE_CHANGE_PASSWORD', ivo: 'RESET_REQUIRED', nils: 'UNCONFIRMED' };
const GROUPS = { admins: ['ana', 'ivo', 'quentin'], beta: ['dora', 'kofi'], support: ['ben', 'lena', 'tara'] };
const POOL = 'us-east-1_Shop';

function seedFile() {
	const users = PEOPLE.map((name, index) => {
		const username = name.split(' ')[0].toLowerCase();
		return {
			Username: username,
			Password: password,
			UserStatus: STATUS[username] ?? 'CONFIRMED',
			Enabled: username !== 'cleo',
			UserAttributes: { email: `${username}@example.com`, email_verified: 'true', name, 'custom:team': index % 2 ? 'north' : 'south' },
			Groups: Object.keys(GROUPS).filter((group) => GROUPS[group].includes(username)),
		};
	});
	const client = (ClientName, more) => ({
		ClientName,
		ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
		AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthFlows: ['code'],
		AllowedOAuthScopes: ['openid', 'email'],
		SupportedIdentityProviders: ['COGNITO'],
		CallbackURLs: ['https://shop.example/callback'],
		...more,
	});
	const pool = {
		PoolName: 'shop',
		Id: POOL,
		AutoVerifiedAttributes: ['email'],
		Schema: [{ Name: 'team', AttributeDataType: 'String', Mutable: true }],
		Groups: [
			{ GroupName: 'admins', Description: 'Full access to the shop', Precedence: 1 },
			{ GroupName: 'beta', Description: 'New features first', Precedence: 5 },
			{ GroupName: 'support', Description: 'Answers customers', Precedence: 7 },
		],
		UserPoolClients: [client('web', {}), client('back-office', { GenerateSecret: true })],
		Users: users,
	};
	const file = join(mkdtempSync(join(tmpdir(), 'console-')), 'shop.json');
	writeFileSync(file, JSON.stringify({ UserPools: [pool] }));
	return file;
}

export async function pictures({ browser, start, images }) {
	const server = await start('--seed-file', seedFile(), '--listen', '127.0.0.1:0');
	server.world = { pool: POOL };
	const call = api(server.api);
	await call('CreateUserPoolDomain', { UserPoolId: POOL, Domain: 'shop', ManagedLoginVersion: 2 });
	const { UserPoolClients } = await call('ListUserPoolClients', { UserPoolId: POOL, MaxResults: 10 });
	const web = UserPoolClients.find((one) => one.ClientName === 'web').ClientId;
	await call('CreateManagedLoginBranding', { UserPoolId: POOL, ClientId: web, UseCognitoProvidedValues: true });
	const signIn = (Username, PASSWORD) => works(call('InitiateAuth', { ClientId: web, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: Username, PASSWORD } }));

	const page = await server.tab(browser, { viewport: { width: 1280, height: 800 } });
	const open = (path, query = {}) => server.open(page, path, query);
	const take = async (name, colorScheme = 'light') => {
		await settled(page);
		while ((await page.locator('.toast').count()) > 0) await page.locator('.toast button').last().click();
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await page.screenshot({ path: join(images, `${name}.png`) });
	};

	await open('');
	await page.getByText('To paste into an application').waitFor();
	await take('home');
	await open('users');
	await page.getByLabel('Select ben', { exact: true }).check();
	await page.getByLabel('Select hana', { exact: true }).check();
	await page.getByText('20 users', { exact: true }).waitFor();
	await take('users');
	await open('users/ana');
	await page.getByText('ana@example.com').waitFor();
	await take('user');
	await open('users/cleo', { tab: 'sign-in' });
	await page.getByText('The user is disabled').first().waitFor();
	await take('sign-in');

	await open('users/dora');
	await page.getByRole('button', { name: 'Actions', exact: true }).click();
	await page.getByRole('menuitem', { name: 'Delete' }).click();
	const question = page.locator('dialog.danger');
	await question.getByRole('button', { name: 'The same as a call' }).click();
	await question.getByText('admin-delete-user').waitFor();
	await take('confirmation', 'dark');
	await question.getByRole('button', { name: 'Cancel' }).click();

	await open('groups', { group: 'admins' });
	await page.getByText('quentin').waitFor();
	await take('groups');
	await open('clients');
	await page.getByLabel('URL', { exact: true }).fill(`https://shop.auth.us-east-1.amazoncognito.com/login?client_id=${web}&response_type=code&redirect_uri=https://shop.example/callback/`);
	await page.getByRole('button', { name: 'Check', exact: true }).click();
	await page.getByText('Cognito refuses the URL', { exact: true }).waitFor();
	await take('clients');
	await open(`clients/${web}`);
	await page.getByRole('button', { name: 'Change settings' }).click();
	await page.locator('dialog').getByLabel('Access tokens last').fill('30 minutes');
	await page.locator('dialog').getByRole('button', { name: 'Review the change' }).click();
	await page.locator('dialog').getByText('AccessTokenValidity').waitFor();
	await take('client');
	await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
	await open('settings');
	await page.getByText('Deletion protection').waitFor();
	await take('settings', 'dark');
	await open('settings', { tab: 'audit' });
	await page.getByText('MFA is OFF').waitFor();
	await take('audit');
	await page.emulateMedia({ colorScheme: 'light' });

	await call('ForgotPassword', { ClientId: web, Username: 'goran' });
	await call('SignUp', { ClientId: web, Username: 'uma', Password: password, UserAttributes: [{ Name: 'email', Value: 'uma@example.com' }] });
	await open('mail');
	await page.getByRole('button', { name: 'Confirm the sign-up' }).waitFor();
	await take('mail');
	await signIn('ana', password);
	await signIn('dora', 'wrong');
	await signIn('emil', password);
	await open('requests');
	await page.locator('main tbody tr').filter({ hasText: 'NotAuthorizedException' }).getByRole('button').click();
	await page.locator('.refusal').waitFor();
	await take('requests');
	await open('clock');
	await page.getByRole('button', { name: '+ 31 days' }).click();
	await page.getByText('These expire').waitFor();
	await take('clock');

	await open('sign-in', { client: web, tab: 'flow' });
	const link = page.getByRole('link', { name: 'Sign in in a new tab' });
	await link.waitFor();
	const visitor = await (await browser.newContext()).newPage();
	await visitor.goto(await link.getAttribute('href'));
	const redirected = visitor.waitForRequest(/^https:\/\/shop\.example/);
	await visitor.locator('input[name=username]:visible').fill('ana');
	await visitor.locator('input[name=password]:visible').fill(password);
	await visitor.locator('input[name=password]:visible').press('Enter');
	await page.getByLabel('The address that the browser was sent to').fill((await redirected).url());
	await visitor.context().close();
	await page.getByRole('button', { name: 'Exchange the code' }).click();
	await page.getByText('The token is valid').waitFor();
	await page.getByRole('heading', { name: 'The application exchanges the code for tokens' }).evaluate((one) => one.scrollIntoView({ block: 'start' }));
	await take('code-flow');
	await open('sign-in', { client: web });
	await page.getByRole('link', { name: 'Open the page' }).waitFor();
	await take('sign-in-pages');
	await open('state');
	await page.getByRole('button', { name: 'Save now' }).click();
	await page.getByRole('button', { name: 'Restore state-1' }).waitFor();
	await take('state');

	await page.setViewportSize({ width: 390, height: 780 });
	await open('users/ana');
	await page.getByText('ana@example.com').waitFor();
	await take('phone', 'dark');
	clean(page, 'the pictures');
	await page.context().close();
}
