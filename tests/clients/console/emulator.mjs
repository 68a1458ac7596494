// The pages of messages, requests, clock, sign-in pages and state: what people do there, live
// changes by other clients, hostile text, and what AWS does not have.

import { readFileSync } from 'node:fs';
import { api, check, password, sentCode } from '../domain.mjs';
import { accessible, captured, clean, seed, settled, works } from './harness.mjs';

export async function emulator(given) {
	const server = await given.start('--empty', '--listen', '127.0.0.1:0');
	server.world = await seed(server.api);
	const own = await given.start('--empty', '--listen', '127.0.0.1:0');
	own.world = await seed(own.api);
	await Promise.all([
		inOrder(given, server, [mail, requests, hostileMail]),
		inOrder(given, own, [signInPages, clock, state]),
		onAws(given),
	]);
}

async function inOrder(given, server, parts) {
	for (const part of parts) {
		const page = await server.tab(given.browser);
		const open = (path, query = {}) => server.open(page, path, query);
		const shown = async (name) => {
			await settled(page);
			await accessible(page, name);
			await captured(page, given.images, name);
		};
		await part({ ...given, ...server.world, server, page, open, shown });
		// The sandbox of a preview and the policy of the page report what they stop.
		page.problems = page.problems.filter((one) => !/^console: (Blocked |Refused to|.*Content Security Policy)/.test(one));
		clean(page, part.name);
		await page.context().close();
	}
}

/** An answer of the API, or the exception's name. */
const outcome = async (promise) => {
	try {
		return await promise;
	} catch (error) {
		return /"__type":"(?:[^"]*#)?(\w+)"/.exec(error.message)?.[1] ?? error.message;
	}
};

const signUp = (call, ClientId, Username) =>
	call('SignUp', { ClientId, Username, Password: password, UserAttributes: [{ Name: 'email', Value: `${Username}@example.com` }] });

const rows = (page) => page.locator('main tbody tr:not(.space)');

async function mail({ page, open, shown, call, pool, web }) {
	await open('mail');
	await page.getByText('No messages yet').waitFor();
	await shown('mail-empty');
	await signUp(call, web, 'faye');
	await rows(page).getByText('faye@example.com').waitFor();
	check('mail: a message of another client appears', true);
	const code = await page.locator('.mail-code-large code').textContent();
	await page.locator('.mail-code-large').getByRole('button', { name: /Copy/ }).click();
	check('mail: a code is copied with one click', (await page.evaluate(() => navigator.clipboard.readText())) === code && /^\d{6}$/.test(code), code);
	await call('ForgotPassword', { ClientId: web, Username: 'ana' });
	await rows(page).getByText('ana@example.com').waitFor();
	await shown('mail');

	await page.locator('[data-search]').fill('faye');
	await page.getByText('1 message of 2').waitFor();
	await page.getByRole('button', { name: 'Confirm the sign-up' }).click();
	await page.getByText('faye is confirmed.').waitFor();
	const { UserStatus } = await call('AdminGetUser', { UserPoolId: pool, Username: 'faye' });
	check('mail: a code finishes a sign-up', UserStatus === 'CONFIRMED', UserStatus);
	await page.locator('[data-search]').fill('unknown');
	await page.getByText('No message matches').waitFor();
	await page.getByRole('button', { name: 'Show all messages' }).click();

	await rows(page).getByText('ana@example.com').click();
	await page.getByRole('button', { name: 'Set a new password' }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByLabel(/New password/).fill('Another-Horse-9');
	await dialog.getByRole('button', { name: 'Set the password' }).click();
	await page.getByText('ana has a new password.').waitFor();
	const signedIn = await works(call('InitiateAuth', { ClientId: web, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'ana', PASSWORD: 'Another-Horse-9' } }));
	check('mail: a code finishes a forgotten password', signedIn);
	await page.locator('.mail-card').getByRole('link', { name: 'ana', exact: true }).click();
	await page.waitForFunction(() => location.hash.startsWith('#/users/ana'));
	check('mail: a message leads to its user', true);
}

const ATTACK = '<img src=x onerror="parent.attacked=1"><script>parent.attacked=1</script><a href="javascript:attacked=1" style="color:red">link</a><form action=//evil.example><button>go</button></form>';

/** A message with markup is shown in a sandbox, and every field of messages and requests is text. */
async function hostileMail({ page, open, call, server }) {
	const { UserPool } = await call('CreateUserPool', {
		PoolName: 'markup',
		AutoVerifiedAttributes: ['email'],
		VerificationMessageTemplate: { EmailSubject: 'Code <b>{####}</b>', EmailMessage: `<h1>Your code</h1><p>It is <b>{####}</b>.</p>${ATTACK}` },
	});
	const { UserPoolClient } = await call('CreateUserPoolClient', { UserPoolId: UserPool.Id, ClientName: 'web' });
	const username = '"><img/src=x/onerror=attacked=1>';
	await call('SignUp', { ClientId: UserPoolClient.ClientId, Username: username, Password: password, UserAttributes: [{ Name: 'email', Value: 'attack@example.com' }] });
	await server.open(page, 'mail', {}, UserPool.Id);
	const frame = page.locator('iframe.mail-preview');
	await frame.waitFor();
	check('mail: the preview has an empty sandbox', (await frame.getAttribute('sandbox')) === '');
	const inside = page.frameLocator('iframe.mail-preview');
	await inside.getByRole('heading', { name: 'Your code' }).waitFor();
	await inside.getByText('link').click();
	await inside.getByRole('button', { name: 'go' }).click();
	const safe = async (name) => {
		const seen = await page.evaluate(() => [globalThis.attacked, document.querySelectorAll('main img, main script, main form[action]').length, location.pathname]);
		check(`${name}: hostile text stays text`, seen[0] === undefined && seen[1] === 0 && seen[2].endsWith('/console/'), seen);
	};
	await accessible(page, 'a message with markup');
	await safe('mail');
	await page.getByRole('tab', { name: 'Text' }).click();
	const text = await page.locator('.mail-text').textContent();
	check('mail: the text of markup', /^Your code\nIt is \d{6}\./.test(text) && !text.includes('<'), text);
	await page.getByRole('tab', { name: 'Raw' }).click();
	await page.getByText('<h1>Your code</h1>').waitFor();
	await safe('mail, raw');

	await server.open(page, 'requests', { operation: 'SignUp' }, UserPool.Id);
	await rows(page).getByText(username).first().click();
	await page.locator('.request-card').getByText(username).first().waitFor();
	await safe('requests');
	await server.open(page, 'requests', { q: ATTACK, user: ATTACK, operation: 'SignUp' }, UserPool.Id);
	await page.getByText('No request matches').waitFor();
	await safe('the search of requests');
}

async function requests({ page, open, shown, call, pool, web }) {
	await open('requests');
	await rows(page).first().waitFor();
	await outcome(signUp(call, web, 'ana'));
	const refused = rows(page).filter({ hasText: 'UsernameExistsException' }).first();
	await refused.waitFor();
	check('requests: a refusal of another client appears', true);
	await shown('requests');
	await refused.getByRole('button', { name: 'SignUp' }).press('Enter');
	await page.locator('.refusal').getByText('User already exists').waitFor();
	await page.locator('.refusal').getByText('choose another username').waitFor();
	check('requests: a refusal has its sentence and advice', true);
	const card = page.locator('.request-card');
	const text = await card.textContent();
	check('requests: request and response are shown without secrets', text.includes('"Username": "ana"') && text.includes('"__type": "UsernameExistsException"') && !text.includes(password), text);
	await shown('request');

	await page.getByLabel('Only refusals').check();
	await page.waitForFunction(() => [...document.querySelectorAll('main tbody .badge')].every((one) => !/^\d/.test(one.textContent)));
	check('requests: only refusals', true);
	await page.getByLabel('Only refusals').uncheck();
	await page.getByLabel('Without reads').check();
	await page.waitForFunction(() => [...document.querySelectorAll('main tbody .row-button')].every((one) => !/^(List|AdminGet|Describe)/.test(one.textContent)));
	check('requests: reads are left out', (await rows(page).count()) > 0);
	await page.getByLabel('Without reads').uncheck();
	await page.getByLabel('User', { exact: true }).fill('emil');
	await page.waitForFunction(() => [...document.querySelectorAll('main tbody tr')].every((one) => !/ana/.test(one.textContent)));
	await page.locator('main .select-box select').selectOption('AdminCreateUser');
	await rows(page).first().getByText('AdminCreateUser').waitFor();
	check('requests: filters by user and operation', (await rows(page).count()) === 1);
	await page.locator('[data-search]').fill('no such text');
	await page.getByRole('button', { name: 'Show all requests' }).click();

	await breaking({ page, call, web });
	await repeating({ page, open, call, pool });
}

async function breaking({ page, call, web }) {
	await page.getByRole('button', { name: 'Break the next one' }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.locator('option', { hasText: 'LimitExceededException' }).waitFor({ state: 'attached' });
	await dialog.getByLabel('Exception').selectOption('LimitExceededException');
	await dialog.getByRole('button', { name: 'Break it' }).click();
	await page.getByText('1 fault is pending').waitFor();
	await accessible(page, 'a pending fault');
	const first = await outcome(signUp(call, web, 'gina'));
	check('requests: the next request is broken', first === 'LimitExceededException', first);
	await page.getByText('1 fault is pending').waitFor({ state: 'detached' });
	check('requests: only the next one is broken', typeof (await outcome(signUp(call, web, 'gina'))) === 'object');
}

async function repeating({ page, open, call, pool }) {
	await call('AdminGetUser', { UserPoolId: pool, Username: 'ben' });
	await open('requests', { operation: 'AdminGetUser' });
	const before = await rows(page).count();
	await rows(page).first().getByRole('button', { name: 'AdminGetUser' }).click();
	const card = page.locator('.request-card');
	const id = await card.locator('.value code').textContent();
	await card.getByRole('button', { name: 'Send again' }).click();
	await page.getByText('The request was sent again.').waitFor();
	await page.waitForFunction((count) => document.querySelectorAll('main tbody tr:not(.space)').length > count, before);
	check('requests: a request is sent again', (await card.locator('.value code').textContent()) !== id);
	await page.getByLabel('Reads by tools').check();
	await settled(page);
	check('requests: look-ups of tools can be shown', (await rows(page).count()) > before);
}

async function clock({ page, open, shown, call, pool, web, server }) {
	await signUp(call, web, 'ivan');
	const code = await sentCode(server.api, pool, 'ivan@example.com');
	await open('clock');
	await page.getByRole('button', { name: '+ 31 days' }).click();
	await page.getByText(/\d+ codes? that (was|were) sent/).waitFor();
	await shown('clock');
	check('clock: it shows what would expire', true);
	await page.getByRole('button', { name: 'Move the clock' }).click();
	await page.getByText('The clock moved by 31 days.').waitFor();
	await page.getByText(/31 days.* ahead of this computer/).waitFor();
	const late = await outcome(call('ConfirmSignUp', { ClientId: web, Username: 'ivan', ConfirmationCode: code }));
	check('clock: a code expired', late === 'ExpiredCodeException', late);
	await page.getByLabel('Or move it to').fill('2020-01-01T00:00');
	await page.getByText('the clock only moves forward.').waitFor();
	check('clock: it does not move back', true);

	await page.getByLabel('A hundredth').check();
	await page.getByText('The throttle is at 1%.').waitFor();
	const many = await Promise.all(Array.from({ length: 30 }, () => outcome(call('ListUserPools', { MaxResults: 1 }))));
	check('clock: the throttle refuses requests', many.includes('TooManyRequestsException'), many);
	await page.getByLabel('Off').check();
	await page.getByText('The throttle is off.').waitFor();

	await page.getByRole('button', { name: 'Add a fault' }).click();
	const dialog = page.locator('dialog[open]');
	await dialog.getByLabel('Operation').fill('ListUserPool');
	await dialog.getByRole('button', { name: 'Add the fault' }).click();
	await dialog.locator('.error-panel').waitFor();
	check('faults: a wrong operation is refused with a sentence', /ListUserPool/.test(await dialog.locator('.error-panel').textContent()));
	await dialog.getByLabel('Operation').fill('ListUserPools');
	await dialog.getByLabel('What happens').selectOption({ label: 'Delay the answer' });
	await dialog.getByLabel('Milliseconds').fill('5');
	await dialog.getByLabel('Which requests').selectOption({ label: 'Every request' });
	await shown('fault');
	await dialog.getByRole('button', { name: 'Add the fault' }).click();
	await page.getByText('answer delayed by 5 ms').waitFor();
	await api(server.api)('ListUserPools', { MaxResults: 1 });
	await page.getByText(/Changed \d+ of/).waitFor();
	check('faults: the count of a fault is live', true);
	await page.getByRole('button', { name: /Remove the fault/ }).click();
	await page.getByText('No faults', { exact: true }).waitFor();
	check('faults: a fault is removed', true);
}

async function signInPages({ page, open, shown, browser, call, pool }) {
	const { UserPoolClient } = await call('CreateUserPoolClient', { UserPoolId: pool, ClientName: 'batch' });
	await open('sign-in', { client: UserPoolClient.ClientId });
	await page.getByText('The app client has no callback URL').waitFor();
	await accessible(page, 'an app client without a callback URL');
	await open('sign-in');
	const link = page.getByRole('link', { name: 'Open the page' });
	await link.waitFor();
	const { Domain } = (await call('DescribeUserPool', { UserPoolId: pool })).UserPool;
	const version = async () => (await call('DescribeUserPoolDomain', { Domain })).DomainDescription.ManagedLoginVersion;
	if ((await version()) === 2) await page.getByRole('button', { name: 'Use the classic pages' }).click();
	await page.getByText('Classic hosted UI').waitFor();
	check('sign-in pages: the classic version', (await version()) === 1);
	await page.getByRole('button', { name: 'Use managed login' }).click();
	await page.getByText('Managed login', { exact: true }).waitFor();
	check('sign-in pages: managed login', (await version()) === 2);
	await page.getByText('The app client has no style').waitFor();
	await shown('sign-in');
	await page.locator('.url-problems').getByRole('button', { name: /style/ }).click();
	await page.locator('.url-problems').waitFor({ state: 'detached' });
	check('sign-in pages: a problem of the address has its fix', true);
	await page.getByLabel('Language').selectOption({ label: 'German' });
	await page.waitForFunction(() => /lang=de/.test(document.querySelector('a.primary')?.href ?? ''));
	const visitor = await (await browser.newContext()).newPage();
	await visitor.goto(await link.getAttribute('href'));
	check('sign-in pages: the language', (await visitor.locator('html').getAttribute('lang')) === 'de');

	await page.getByRole('tab', { name: 'Code flow, step by step' }).click();
	await codeFlow({ page, visitor, shown });
	await visitor.context().close();
}

/** The flow from the first request to the verified tokens, as a person goes through it. */
async function codeFlow({ page, visitor, shown }) {
	const start = page.getByRole('link', { name: 'Sign in in a new tab' });
	await start.waitFor();
	visitor.started = await start.getAttribute('href');
	await visitor.goto(visitor.started);
	const redirected = visitor.waitForRequest(/localhost:3000/);
	await visitor.locator('input[name=username]:visible').fill('ana');
	await visitor.locator('input[name=password]:visible').fill(password);
	await visitor.locator('input[name=password]:visible').press('Enter');
	const address = (await redirected).url();
	const field = page.getByLabel('The address that the browser was sent to');
	await field.fill(address.replace(/state=[^&]*/, 'state=other'));
	await page.getByText('state is not the value of step 1').waitFor();
	check('code flow: another state is noticed', true);
	await page.getByText('POST /login').first().waitFor();
	check("code flow: the domain's requests are live", true);
	await field.fill(address);
	await page.getByText('state is the value of step 1').waitFor();
	const exchange = page.getByRole('button', { name: 'Exchange the code' });
	await exchange.click();
	await page.getByText('The token is valid').waitFor();
	await page.getByText('It is the value of step 1', { exact: false }).last().waitFor();
	check('code flow: the ID token is verified, with its nonce', true);
	await shown('code-flow');
	await page.getByRole('tab', { name: 'Access token' }).click();
	await page.getByText('It is an access token').waitFor();
	check('code flow: the access token is verified', true);
	await page.getByRole('tab', { name: 'Refresh token' }).click();
	await page.getByRole('button', { name: 'Get new tokens' }).click();
	await page.getByText('The tokens are new.').waitFor();
	await page.getByText('It is an access token').waitFor();
	check('code flow: the refresh token gets new tokens', true);
	await exchange.click();
	await page.locator('dialog[open]').getByText('Sign in again for a new code').waitFor();
	check('code flow: a code that was used is refused with the reason', true);
	await page.keyboard.press('Escape');
	await exchangedByHand(page, visitor);
}

/** Exchanges a second code by the shown command, and pastes the answer. */
async function exchangedByHand(page, visitor) {
	await page.getByRole('button', { name: 'Begin again' }).click();
	const start = page.getByRole('link', { name: 'Sign in in a new tab' });
	await page.waitForFunction((old) => document.querySelector('a.primary')?.href !== old, visitor.started);
	const redirected = visitor.waitForRequest(/localhost:3000/);
	// The domain remembers the sign-in.
	await visitor.goto(await start.getAttribute('href')).catch(() => {});
	await page.getByLabel('The address that the browser was sent to').fill((await redirected).url());
	await page.getByText('Send it in a terminal instead').click();
	const command = await page.getByRole('region', { name: 'request' }).textContent();
	const url = /curl '?([^'\s]+)'?/.exec(command)[1];
	const body = new URLSearchParams([...command.matchAll(/--data-urlencode '?([\w]+)=([^'\s]+)'?/g)].map(([, name, value]) => [name, value]));
	const answer = await fetch(url, { method: 'POST', body });
	await page.getByLabel('The answer of the token endpoint').fill(await answer.text());
	await page.getByText('The token is valid').waitFor();
	check('code flow: the shown command exchanges the code, too', true);
}

async function state({ page, open, shown, call, pool }) {
	const exists = (Username) => works(call('AdminGetUser', { UserPoolId: pool, Username }));
	const question = page.locator('dialog.danger');
	await open('state');
	await page.getByText('Nothing is saved yet').waitFor();
	await page.getByLabel('Name', { exact: true }).fill('before');
	await page.getByRole('button', { name: 'Save now' }).click();
	await page.getByText('The state was saved as before.').waitFor();
	await call('AdminDeleteUser', { UserPoolId: pool, Username: 'emil' });
	await page.getByRole('button', { name: 'Restore before' }).click();
	await question.getByText(/Now lost: 1 pool with 5 users, \d+ messages? and \d+ recorded requests?. Saved: 1 pool with 6 users/).waitFor();
	check('state: the question says what is lost', true);
	await question.getByRole('button', { name: 'Cancel' }).click();
	check('state: a refused restore changes nothing', !(await exists('emil')));
	await page.getByRole('button', { name: 'Restore before' }).click();
	await question.getByRole('button', { name: 'Restore state' }).click();
	await page.getByText('The state before was restored.').waitFor();
	check('state: a saved state is restored', await exists('emil'));

	const downloading = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Export the pool' }).click();
	const download = await downloading;
	const file = readFileSync(await download.path(), 'utf8');
	check('state: the pool is exported with its users', /^UserPools:/m.test(file) && file.includes('- Username: ana') && download.suggestedFilename() === 'shop.yaml', file);
	await shown('state');

	const area = page.getByLabel('Pool file', { exact: true });
	await area.fill('UserPools:\n  - PoolName: copy\n    Colour: red\n');
	await page.getByRole('button', { name: 'Load', exact: true }).click();
	await page.getByText('Line 3, column 5').waitFor();
	await accessible(page, 'a mistake in a pool file');
	await page.getByRole('button', { name: 'Go to line 3' }).click();
	check('state: a mistake has its line', (await area.evaluate((one) => one.selectionStart)) === 'UserPools:\n  - PoolName: copy\n    '.length);

	const pools = async () => (await call('ListUserPools', { MaxResults: 60 })).UserPools.length;
	await page.getByRole('button', { name: 'Reset the emulator' }).click();
	await question.getByRole('button', { name: 'Cancel' }).click();
	check('state: a refused reset changes nothing', (await pools()) === 1);
	await page.getByRole('button', { name: 'Reset the emulator' }).click();
	await question.getByRole('button', { name: 'Reset emulator', exact: true }).click();
	await page.getByText('The emulator was reset.').waitFor();
	check('state: a confirmed reset is executed', (await pools()) === 0);
	await page.getByText('No user pool').waitFor();

	await page.getByLabel('Pool file to read').setInputFiles({ name: 'shop.yaml', mimeType: 'application/yaml', buffer: Buffer.from(file) });
	await page.getByRole('button', { name: 'Load', exact: true }).click();
	await page.getByText(/shop, \d+ users/).waitFor();
	await page.locator('header.top select').waitFor();
	check('state: the result of a load stays while its pool opens', await page.getByText(/shop, \d+ users/).isVisible());
	check('state: an exported pool is loaded', (await pools()) === 1 && (await exists('emil')));
	await open('state');
	await page.getByRole('button', { name: 'Restore before' }).waitFor();
	check('state: save points stay after a reset', true);
	await page.getByRole('button', { name: 'Delete before' }).click();
	await question.getByText('It has 1 pool with 6 users').waitFor();
	await question.getByRole('button', { name: 'Cancel' }).click();
	check('state: a refused deletion keeps the save point', await page.getByRole('button', { name: 'Restore before' }).isVisible());
	await page.getByRole('button', { name: 'Delete before' }).click();
	await question.getByRole('button', { name: 'Delete saved state' }).click();
	await page.getByText('Nothing is saved yet').waitFor();
	check('state: a save point is deleted', true);
}

/** On AWS, the pages of the emulator say so, and those of the pool work. */
async function onAws({ browser, aws }) {
	const page = await aws.tab(browser);
	for (const path of ['mail', 'requests', 'clock']) {
		await aws.open(page, path);
		await page.getByText('Only the emulator has this page').waitFor();
	}
	const links = await page.locator('nav.sidebar a').allTextContents();
	check('aws: the navigation has no pages of the emulator', !links.some((text) => /Mail|Requests|Clock/.test(text)), links);
	await aws.open(page, 'state');
	const downloading = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Export the pool' }).click();
	const file = readFileSync(await (await downloading).path(), 'utf8');
	check('aws: the pool is exported with its users', file.includes('- Username: ana'), file);
	await accessible(page, 'aws: an exported pool');
	check('aws: nothing is offered that AWS does not have', (await page.getByText(/Save points|Reset the emulator|Load a pool file/).count()) === 0);
	clean(page, 'aws: pages of the emulator');
	await page.context().close();
}
