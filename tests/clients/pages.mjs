// Every page of a domain in Chromium, in both versions: managed login and the classic pages.
// axe-core checks each page, and each is captured at the sizes of a desktop and a phone.
//
// usage: node pages.mjs ENDPOINT CHROMIUM FOLDER-FOR-IMAGES [PART-OF-A-FLOW'S-NAME]

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
	api, appClient, check, password, sentCode, serve, summary, totp, user, userPool,
} from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [endpoint, executablePath, images, only = ''] = process.argv.slice(2);
const call = api(endpoint);
// Passkeys need a name in place of an address.
const base = endpoint.replace('127.0.0.1', 'localhost');
const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms', ExternalId: 'pages' } };
mkdirSync(images, { recursive: true });

const app = await serve((_, response) => {
	response.setHeader('content-type', 'text/html');
	response.end('<!doctype html><title>App</title><link rel="icon" href="data:,"><p>App</p>');
});
const callback = `${app.origin}/callback`;
const home = `${app.origin}/`;
// The versions are visited at the same time, each in its own process: Chromium cannot always capture a
// page while another page of the same process is captured or closed ("Unable to capture screenshot").
const browsers = {};
for (const version of ['managed', 'classic']) {
	browsers[version] = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A browser with its own cookies, at the pages of one version. */
class Tab {
	static async open(version) {
		const tab = new Tab();
		tab.context = await browsers[version].newContext({ viewport: desktop, locale: 'en-US' });
		tab.page = await tab.context.newPage();
		tab.page.setDefaultTimeout(8_000);
		tab.version = version;
		tab.problems = [];
		tab.page.on('pageerror', (error) => tab.problems.push(error.message));
		tab.page.on('console', (message) => {
			// Chromium reports each status of 400 and more.
			const isStatus = message.text().startsWith('Failed to load resource');
			if (message.type() === 'error' && !isStatus) tab.problems.push(message.text());
		});
		return tab;
	}

	/** Opens `path` of the domain for an app client. */
	open(path, client, more = {}) {
		const query = new URLSearchParams({
			client_id: client.ClientId, response_type: 'code', redirect_uri: callback, state: 'S', ...more,
		});
		return this.page.goto(`${base}${path}?${query}`);
	}

	/** Checks that the page has this heading, passes axe and has no errors; captures it. */
	async shows(name, heading) {
		const { page, version } = this;
		await page.locator('h1, h2').filter({ hasText: heading }).first().waitFor();
		await this.audit(name);
		check(`${version}: ${name}`, true);
	}

	async audit(name) {
		const { page, version } = this;
		await page.screenshot({ path: join(images, `${version}-${name}.png`) });
		await page.setViewportSize(phone);
		await page.screenshot({ path: join(images, `${version}-${name}-phone.png`) });
		const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		check(`${version}: ${name} fits a phone`, overflow <= 0, overflow);
		await page.setViewportSize(desktop);
		await page.evaluate(axe);
		for (const colorScheme of ['dark', 'light']) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			const { violations } = await page.evaluate(() => globalThis.axe.run());
			const seen = violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
			check(`${version}: ${name} is accessible (${colorScheme})`, seen.length === 0, seen);
		}
		check(`${version}: ${name} has no errors`, this.problems.length === 0, this.problems);
	}

	/** Fills in the fields with these names. */
	async fill(values) {
		for (const [name, value] of Object.entries(values)) {
			await this.page.locator(`[name="${name}"]:visible`).fill(value);
		}
		return this;
	}

	/** Sends the form with a button. */
	async press(name) {
		await this.page.getByRole('button', { name, exact: true }).click();
	}

	async follow(name) {
		await this.page.getByRole('link', { name, exact: true }).click();
	}

	async signIn(username, secret = password) {
		await this.fill({ username, password: secret });
		await this.press('Sign in');
	}

	/** Checks the sentence above the form. */
	async refuses(sentence) {
		const notice = this.page.locator('[role=alert]').filter({ hasText: /./ });
		await notice.waitFor();
		check(`${this.version}: ${sentence}`, (await notice.innerText()).trim() === sentence, await notice.innerText());
	}

	/** Waits until the browser is at the app; returns the tokens for its code. */
	async returns(client) {
		await this.page.waitForURL((url) => url.href.startsWith(callback)).catch(async (error) => {
			throw new Error(`${error.message}\nat ${this.page.url()}: ${await this.page.innerText('body')}`);
		});
		const query = new URL(this.page.url()).searchParams;
		check(`${this.version}: the app gets a code`, query.has('code') && query.get('state') === 'S', this.page.url());
		const answer = await fetch(`${base}/oauth2/token`, {
			method: 'POST',
			body: new URLSearchParams({
				grant_type: 'authorization_code',
				client_id: client.ClientId,
				code: query.get('code'),
				redirect_uri: callback,
			}),
		});
		const tokens = await answer.json();
		check(`${this.version}: the code gets tokens`, answer.status === 200, tokens);
		return JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
	}

	close() {
		return this.context.close();
	}
}

/** A pool, an app client, and a tab at its first page. */
async function begin(version, name, { pool: settings = {}, client: more = {}, prepare } = {}) {
	const pool = await userPool(call, `${name}-${version}`, { version: version === 'managed' ? 2 : 1, ...settings });
	await prepare?.(pool);
	const client = await appClient(call, pool, { CallbackURLs: [callback], LogoutURLs: [home], ...more });
	const tab = await Tab.open(version);
	return { pool, client, tab };
}

const heading = (version) => (version === 'managed' ? 'Sign in' : 'Sign in with your username and password');

async function signIn(version) {
	const { pool, client, tab } = await begin(version, 'sign-in');
	await user(call, pool, 'ana', { email: 'ana@example.com', email_verified: 'true' });
	await tab.open('/oauth2/authorize', client);
	await tab.shows('sign-in', heading(version));
	await tab.signIn('ana', 'Wrong-Horse-7');
	await tab.refuses('Incorrect username or password.');
	await tab.shows('sign-in-refused', heading(version));

	// With the keyboard only. The page gives the focus to its first field after it is loaded.
	await tab.open('/oauth2/authorize', client);
	await tab.page.locator('[name=username]:focus').waitFor();
	const { keyboard } = tab.page;
	await keyboard.type('ana');
	await keyboard.press('Tab');
	await keyboard.type(password);
	await keyboard.press('Enter');
	const claims = await tab.returns(client);
	check(`${version}: signed in`, claims['cognito:username'] === 'ana', claims);
	return tab;
}

async function sessions(version) {
	const { pool, client, tab } = await begin(version, 'sessions');
	const other = await appClient(call, pool, { CallbackURLs: [callback], LogoutURLs: [home] });
	await user(call, pool, 'ana');
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.returns(client);
	await tab.open('/oauth2/authorize', other);
	await tab.returns(other);
	check(`${version}: one sign-in for two apps`, true);
	await tab.open('/oauth2/authorize', client, { prompt: 'none' });
	await tab.returns(client);

	await tab.open('/oauth2/authorize', client, { prompt: 'login' });
	// The classic pages ignore `prompt`.
	if (version === 'managed') await tab.shows('sign-in-again', heading(version));
	else await tab.returns(client);

	await tab.page.goto(`${base}/logout?${new URLSearchParams({ client_id: client.ClientId, logout_uri: home })}`);
	check(`${version}: sign-out returns to the app`, tab.page.url() === home, tab.page.url());
	await tab.open('/oauth2/authorize', client, { prompt: 'none' });
	if (version === 'managed') {
		const query = new URL(tab.page.url()).searchParams;
		check(`${version}: prompt=none without a session`, query.get('error') === 'login_required', tab.page.url());
	} else {
		await tab.shows('sign-in-after-sign-out', heading(version));
	}
	return tab;
}

async function accounts(version) {
	const { pool, client, tab } = await begin(version, 'accounts');
	await user(call, pool, 'ana');
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.returns(client);
	await tab.open('/login', client);
	await tab.shows('choose-account', 'Choose an account');
	await tab.follow(version === 'classic' ? 'Sign In as ana' : 'Sign in as ana');
	await tab.returns(client);
	await tab.open('/login', client);
	await tab.follow('Sign in as a different user?');
	await tab.page.locator('[name=password]:visible').waitFor();
	if (version === 'managed') {
		await tab.open('/oauth2/authorize', client, { prompt: 'select_account' });
		await tab.shows('select-account', 'Choose an account');
	}
	return tab;
}

/** The host that the pool has for itself. */
async function ownHost(version) {
	const { pool, client, tab } = await begin(version, 'own-host');
	await user(call, pool, 'ana');
	const host = base.replace('localhost', `own-host-${version}.auth.us-east-1.localhost`);
	const query = new URLSearchParams({
		client_id: client.ClientId, response_type: 'code', redirect_uri: callback, state: 'S',
	});
	await tab.page.goto(`${host}/oauth2/authorize?${query}`);
	check(`${version}: the page is at the pool's own host`, tab.page.url().startsWith(`${host}/login?`), tab.page.url());
	await tab.signIn('ana');
	await tab.returns(client);
	return tab;
}

/** A provider that the emulator simulates. */
async function providers(version) {
	const { client, tab } = await begin(version, 'providers', {
		prepare: (UserPoolId) => call('CreateIdentityProvider', {
			UserPoolId,
			ProviderName: 'Google',
			ProviderType: 'Google',
			ProviderDetails: { client_id: 'any', client_secret: 'any', authorize_scopes: 'openid email profile' },
			AttributeMapping: { email: 'email', given_name: 'given_name' },
		}),
		client: { SupportedIdentityProviders: ['COGNITO', 'Google'] },
	});
	await tab.open('/oauth2/authorize', client);
	await tab.shows('sign-in-providers', 'Sign in');
	await tab.follow('Continue with Google');
	await tab.shows('provider', 'Sign in with Google');
	await tab.fill({ sub: '1029', email: 'eva@example.com', given_name: 'Eva' });
	await tab.press('Continue');
	const claims = await tab.returns(client);
	check(`${version}: the user of the provider`, claims['cognito:username'].toLowerCase() === 'google_1029'
		&& claims.email === 'eva@example.com' && claims.given_name === 'Eva', claims);

	await tab.context.clearCookies();
	await tab.open('/oauth2/authorize', client, { identity_provider: 'Google' });
	await tab.shows('provider-account', 'Sign in with Google');
	await tab.page.locator('button[name=account]').click();
	await tab.returns(client);

	await tab.context.clearCookies();
	await tab.open('/oauth2/authorize', client, { identity_provider: 'Google' });
	await tab.press('Cancel');
	await tab.page.waitForURL((url) => url.href.startsWith(callback));
	const query = new URL(tab.page.url()).searchParams;
	check(`${version}: a refusal of the provider`, query.get('error') === 'access_denied', tab.page.url());
	return tab;
}

async function signUp(version) {
	const { pool, client, tab } = await begin(version, 'sign-up', {
		pool: {
			AutoVerifiedAttributes: ['email'],
			Schema: [{ Name: 'given_name', Required: true }, { Name: 'email', Required: true }],
		},
	});
	await tab.open('/oauth2/authorize', client);
	await tab.follow(version === 'managed' ? 'Create an account' : 'Sign up');
	await tab.shows('sign-up', version === 'managed' ? 'Sign up' : 'Sign up with a new account');
	// The versions run side by side: each reads only its own message.
	const email = `dora-${version}@example.com`;
	const values = {
		username: 'dora',
		'requiredAttributes[given_name]': 'Dora',
		'requiredAttributes[email]': email,
	};
	await tab.fill({ ...values, password: 'password' });
	await tab.press('Sign up');
	await tab.refuses('Password did not conform with policy: Password must have uppercase characters');
	const kept = await tab.page.locator('[name="requiredAttributes[email]"]').inputValue();
	check(`${version}: the form keeps its values`, kept === email, kept);
	await tab.fill({ ...values, password });
	await tab.press('Sign up');
	await tab.shows('confirm', 'Confirm your account');
	await tab.fill({ verification_code: '000000' });
	await tab.press('Confirm account');
	await tab.refuses('Invalid verification code provided, please try again.');
	await tab.press('Send a new code');
	await tab.shows('confirm-again', 'Confirm your account');
	await tab.fill({ verification_code: await sentCode(endpoint, pool, email) });
	await tab.press('Confirm account');
	const claims = await tab.returns(client);
	check(`${version}: signed up and in`, claims.given_name === 'Dora' && claims.email_verified === true, claims);
	return tab;
}

/** A pool that confirms sign-ups by a link in the message. */
async function signUpByLink(version) {
	const { pool, client, tab } = await begin(version, 'sign-up-link', {
		pool: {
			AutoVerifiedAttributes: ['email'],
			VerificationMessageTemplate: {
				DefaultEmailOption: 'CONFIRM_WITH_LINK', EmailMessageByLink: 'Welcome. {##Confirm##}', EmailSubjectByLink: 'Your link',
			},
		},
	});
	const email = `link-${version}@example.com`;
	const link = async () => {
		const query = new URLSearchParams({ pool, recipient: email });
		const answer = await fetch(`${endpoint}/_emulator/outbox?${query}`);
		const { messages: [latest] } = await answer.json();
		check(`${version}: the message has the link`, latest.subject === 'Your link'
			&& latest.body === `Welcome. <a href="${latest.link}">Confirm</a>`, latest);
		return latest.link.replace('127.0.0.1', 'localhost');
	};
	await tab.open('/oauth2/authorize', client);
	await tab.follow(version === 'managed' ? 'Create an account' : 'Sign up');
	await tab.fill({ username: 'dora', 'requiredAttributes[email]': email, password });
	await tab.press('Sign up');
	await tab.shows('confirm-by-link', 'Confirm your account');
	const first = await link();
	await tab.press('Send a new link');
	await tab.page.getByText('We have sent a link').waitFor();
	const second = await link();
	const mail = await tab.context.newPage();
	await mail.goto(first);
	check(`${version}: an older link is refused`, (await mail.innerText('body'))
		.includes('Invalid verification code provided, please try again.'), await mail.innerText('body'));
	await tab.page.goto(second);
	await tab.shows('confirmed', 'Done');
	await mail.goto(second);
	check(`${version}: a link counts once`, (await mail.innerText('body'))
		.includes('User cannot be confirmed. Current status is CONFIRMED'), await mail.innerText('body'));
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('dora');
	const claims = await tab.returns(client);
	check(`${version}: signed up by a link`, claims.email_verified === true, claims);
	return tab;
}

/** An application asks for a stronger sign-in than that of the session. */
async function stepUp(version) {
	const { pool, client, tab } = await begin(version, 'step-up', {
		pool: { AutoVerifiedAttributes: ['email'] },
	});
	const email = `step-up-${version}@example.com`;
	await user(call, pool, 'ana', { email, email_verified: 'true' });
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	const plain = await tab.returns(client);
	check(`${version}: no levels unless the application asks`, !('acr' in plain) && !('amr' in plain), plain);
	await tab.open('/oauth2/authorize', client, { acr_values: 'urn:cognito:loa:4 urn:cognito:loa:3' });
	await tab.shows('step-up', 'Enter your code');
	await tab.fill({ code: await sentCode(endpoint, pool, email) });
	await tab.press('Sign in');
	const strong = await tab.returns(client);
	check(`${version}: the level and the methods`, strong.acr === 'urn:cognito:loa:3'
		&& String(strong.amr) === 'pwd,email_otp,mfa', strong);
	return tab;
}

/** A remembered browser needs no second factor. */
async function rememberedBrowser(version) {
	const { pool, client, tab } = await begin(version, 'remembered', {
		pool: { ...sms, DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } },
		prepare: (UserPoolId) => call('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: 'ON', ...smsFactor }),
	});
	const phone_number = version === 'managed' ? '+15555550111' : '+15555550112';
	await user(call, pool, 'ana', { phone_number, phone_number_verified: 'true' });
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.page.locator('[name=code]:visible').waitFor();
	await tab.fill({ code: await sentCode(endpoint, pool, phone_number) });
	await tab.press('Sign in');
	await tab.returns(client);
	await tab.page.goto(`${base}/logout?${new URLSearchParams({ client_id: client.ClientId, logout_uri: home })}`);
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.returns(client);
	check(`${version}: a remembered browser needs no code`, true);
	const { Devices } = await call('AdminListDevices', { UserPoolId: pool, Username: 'ana' });
	check(`${version}: the browser is a device of the user`, Devices.length === 1, Devices);
	return tab;
}

async function recovery(version) {
	const { pool, client, tab } = await begin(version, 'recovery', { pool: { AutoVerifiedAttributes: ['email'] } });
	const email = `recovery-${version}@example.com`;
	await user(call, pool, 'ana', { email, email_verified: 'true' });
	await tab.open('/oauth2/authorize', client);
	await tab.follow('Forgot your password?');
	await tab.shows('forgot', 'Forgot your password?');
	await tab.fill({ username: 'ana' });
	await tab.press('Reset my password');
	await tab.shows('confirm-forgot', 'Reset your password');
	const verification_code = await sentCode(endpoint, pool, email);
	await tab.fill({ verification_code, password: 'Another-Horse-8', confirm_password: 'Another-Horse-9' });
	await tab.press('Change password');
	await tab.refuses('Passwords do not match.');
	await tab.fill({ verification_code, password: 'Another-Horse-8', confirm_password: 'Another-Horse-8' });
	await tab.press('Change password');
	await tab.returns(client);
	return tab;
}

/** An administrator reset the password. */
async function reset(version) {
	const { pool, client, tab } = await begin(version, 'reset', { pool: { AutoVerifiedAttributes: ['email'] } });
	const email = `reset-${version}@example.com`;
	await user(call, pool, 'ana', { email, email_verified: 'true' });
	await call('AdminResetUserPassword', { UserPoolId: pool, Username: 'ana' });
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.refuses('Password reset required for the user');
	await tab.shows('reset', 'Reset your password');
	await tab.fill({
		verification_code: await sentCode(endpoint, pool, email), password: 'Another-Horse-8', confirm_password: 'Another-Horse-8',
	});
	await tab.press('Change password');
	await tab.returns(client);
	return tab;
}

/** A user who signed up and left, in a pool in which e-mail addresses are the usernames. */
async function unconfirmed(version) {
	const { pool, client, tab } = await begin(version, 'unconfirmed', {
		pool: { AutoVerifiedAttributes: ['email'], UsernameAttributes: ['email'] },
	});
	const email = `unconfirmed-${version}@example.com`;
	await call('SignUp', { ClientId: client.ClientId, Username: email, Password: password });
	await tab.open('/oauth2/authorize', client);
	await tab.shows('sign-in-email', version === 'managed' ? 'Sign in' : 'Sign in with your email and password');
	await tab.signIn(email);
	await tab.refuses('User is not confirmed.');
	await tab.shows('unconfirmed', 'Confirm your account');
	await tab.press('Send a new code');
	await tab.page.locator('[role=alert]').waitFor({ state: 'detached' });
	await tab.fill({ verification_code: await sentCode(endpoint, pool, email) });
	await tab.press('Confirm account');
	await tab.page.waitForLoadState();
	if (!tab.page.url().startsWith(callback)) await tab.signIn(email);
	await tab.returns(client);
	return tab;
}

/** The implicit grant: the application gets tokens in the fragment. */
async function implicit(version) {
	const { pool, client, tab } = await begin(version, 'implicit', { client: { AllowedOAuthFlows: ['implicit'] } });
	await user(call, pool, 'ana');
	await tab.open('/oauth2/authorize', client, { response_type: 'token', nonce: 'N' });
	await tab.signIn('ana');
	await tab.page.waitForURL((url) => url.href.startsWith(callback));
	const tokens = new URLSearchParams(new URL(tab.page.url()).hash.slice(1));
	check(`${version}: the fragment has tokens`, tokens.get('token_type') === 'Bearer' && tokens.get('state') === 'S'
		&& tokens.has('id_token') && tokens.has('access_token') && !tokens.has('refresh_token'), [...tokens.keys()]);
	return tab;
}

async function newPassword(version) {
	const { pool, client, tab } = await begin(version, 'new-password', {
		pool: { Schema: [{ Name: 'given_name', Required: true }] },
	});
	await call('AdminCreateUser', {
		UserPoolId: pool, Username: 'ben', TemporaryPassword: password, MessageAction: 'SUPPRESS',
	});
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ben');
	await tab.shows('new-password', 'Change password');
	await tab.fill({ 'requiredAttributes[given_name]': 'Ben', password: 'short', confirm_password: 'short' });
	await tab.press('Change password');
	await tab.refuses('Password does not conform to policy: Password not long enough');
	await tab.fill({
		'requiredAttributes[given_name]': 'Ben', password: 'Another-Horse-8', confirm_password: 'Another-Horse-8',
	});
	await tab.press('Change password');
	const claims = await tab.returns(client);
	check(`${version}: the attribute is kept`, claims.given_name === 'Ben', claims);
	return tab;
}

const secondFactors = (settings) => ({
	pool: { AutoVerifiedAttributes: ['email'], ...sms },
	prepare: (UserPoolId) => call('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: 'ON', ...settings }),
});
const totpFactor = { SoftwareTokenMfaConfiguration: { Enabled: true } };
const smsFactor = { SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}', ...sms } };

async function authenticatorApp(version) {
	const { pool, client, tab } = await begin(version, 'totp', secondFactors(totpFactor));
	await user(call, pool, 'ana');
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.shows('set-up-totp', 'Set up an authenticator app');
	const secret = await tab.page.locator('code').innerText();
	await tab.fill({ code: '000000' });
	await tab.press('Verify');
	await tab.refuses('Code mismatch');
	await tab.fill({ code: totp(await tab.page.locator('code').innerText()), device_name: 'Phone' });
	await tab.press('Verify');
	await tab.returns(client);

	await tab.context.clearCookies();
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.shows('totp', 'Enter your code');
	// A code works once: this is the next one, which the emulator accepts a little early.
	await tab.fill({ code: totp(secret, Date.now() + 30_000) });
	await tab.press('Sign in');
	await tab.returns(client);
	return tab;
}

async function textMessage(version) {
	const { pool, client, tab } = await begin(version, 'sms', secondFactors(smsFactor));
	const number = version === 'managed' ? '+12065550101' : '+12065550102';
	await user(call, pool, 'ana');
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('ana');
	await tab.shows('set-up-sms', 'Add your phone number');
	await tab.fill({ address: '0101' });
	await tab.press('Send code');
	await tab.refuses('Invalid phone number format.');
	await tab.fill({ address: number });
	await tab.press('Send code');
	await tab.shows('sms-code', 'Enter your code');
	await tab.fill({ code: '000000' });
	await tab.press('Sign in');
	await tab.refuses('Invalid code or auth state for the user.');
	await tab.fill({ code: await sentCode(endpoint, pool, number) });
	await tab.press('Sign in');
	await tab.returns(client);
	return tab;
}

async function emailMessage(version) {
	const { pool, client, tab } = await begin(version, 'email', {
		pool: {
			EmailConfiguration: {
				EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/a@b.example',
			},
			AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] },
		},
		prepare: (UserPoolId) => call('SetUserPoolMfaConfig', {
			UserPoolId, MfaConfiguration: 'ON', EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Code' },
		}),
	});
	const email = `factor-${version}@example.com`;
	await user(call, pool, 'ana');
	await tab.open('/oauth2/authorize', client);
	check(`${version}: without recovery the page has no link for it`,
		await tab.page.getByText('Forgot your password?').count() === 0);
	await tab.signIn('ana');
	await tab.shows('set-up-email', 'Add your email address');
	await tab.fill({ address: email });
	await tab.press('Send code');
	await tab.shows('email-code-second', 'Enter your code');
	await tab.fill({ code: await sentCode(endpoint, pool, email) });
	await tab.press('Sign in');
	await tab.returns(client);
	return tab;
}

/** SAML providers that the domain of an e-mail address selects. */
async function domains(version) {
	const { client, tab } = await begin(version, 'domains', {
		prepare: (UserPoolId) => call('CreateIdentityProvider', {
			UserPoolId,
			ProviderName: 'Corporate',
			ProviderType: 'SAML',
			IdpIdentifiers: ['corp.example'],
			ProviderDetails: { MetadataURL: 'https://idp.example/metadata' },
			AttributeMapping: { email: 'email' },
		}),
		client: { SupportedIdentityProviders: ['COGNITO', 'Corporate'] },
	});
	await tab.open('/oauth2/authorize', client);
	await tab.shows('sign-in-domains', 'Sign in');
	if (version === 'managed') {
		await tab.follow('Continue with Corporate');
	} else {
		await tab.fill({ idp_identifier: 'eva@corp.example' });
		await tab.press('Next');
	}
	await tab.shows('provider-saml', 'Sign in with Corporate');
	await tab.fill({ sub: 'eva', email: 'eva@corp.example' });
	await tab.press('Continue');
	const claims = await tab.returns(client);
	check(`${version}: the user of the SAML provider`, claims['cognito:username'] === 'Corporate_eva'
		&& claims.identities[0].providerType === 'SAML', claims);
	return tab;
}

async function choices(version) {
	const { pool, client, tab } = await begin(version, 'choices', secondFactors({ ...totpFactor, ...smsFactor }));
	await user(call, pool, 'new');
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('new');
	await tab.shows('choose-set-up', 'Set up multi-factor authentication');
	await tab.press('Authenticator app');
	await tab.shows('set-up-totp-chosen', 'Set up an authenticator app');
	await tab.fill({ code: totp(await tab.page.locator('code').innerText()) });
	await tab.press('Verify');
	await tab.returns(client);

	await call('AdminUpdateUserAttributes', {
		UserPoolId: pool,
		Username: 'new',
		UserAttributes: [{ Name: 'phone_number', Value: '+12065550103' }, { Name: 'phone_number_verified', Value: 'true' }],
	});
	await call('AdminSetUserMFAPreference', {
		UserPoolId: pool, Username: 'new', SMSMfaSettings: { Enabled: true }, SoftwareTokenMfaSettings: { Enabled: true },
	});
	await tab.context.clearCookies();
	await tab.open('/oauth2/authorize', client);
	await tab.signIn('new');
	await tab.shows('choose-mfa', 'Verify your identity');
	await tab.press('Text message');
	await tab.shows('sms-code-chosen', 'Enter your code');
	await tab.fill({ code: await sentCode(endpoint, pool, '+12065550103') });
	await tab.press('Sign in');
	await tab.returns(client);
	return tab;
}

/** Sign-in by a factor that the user chooses, which only managed login has. */
async function firstFactors(version) {
	const { pool, client, tab } = await begin(version, 'first-factors', {
		pool: {
			AutoVerifiedAttributes: ['email'],
			Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] } },
			...sms,
		},
		prepare: (UserPoolId) => call('SetUserPoolMfaConfig', {
			UserPoolId, WebAuthnConfiguration: { RelyingPartyId: 'localhost', UserVerification: 'preferred' },
		}),
		client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
	});
	const [email, number] = ['factors@example.com', '+12065550104'];
	await user(call, pool, 'ana', {
		email, email_verified: 'true', phone_number: number, phone_number_verified: 'true',
	});
	/** Begins with the username, and chooses a factor. */
	const begun = async (factor) => {
		await tab.context.clearCookies();
		await tab.open('/oauth2/authorize', client);
		await tab.fill({ username: 'ana' });
		await tab.press('Next');
		if (factor) await tab.press(factor);
	};
	await tab.open('/oauth2/authorize', client);
	await tab.shows('identifier', 'Sign in');
	await begun();
	await tab.shows('choose-factor', 'Choose how to sign in');

	await begun('Code by email');
	await tab.shows('email-code', 'Enter your code');
	await tab.fill({ code: await sentCode(endpoint, pool, email) });
	await tab.press('Sign in');
	await tab.returns(client);

	await begun('Code by text message');
	await tab.shows('sms-code-first', 'Enter your code');
	await tab.fill({ code: await sentCode(endpoint, pool, number) });
	await tab.press('Sign in');
	await tab.returns(client);

	await begun('Password');
	await tab.shows('password', 'Enter your password');
	await tab.fill({ password: 'Wrong-Horse-7' });
	await tab.press('Sign in');
	await tab.refuses('Incorrect username or password.');
	await tab.fill({ password });
	await tab.press('Sign in');
	await tab.returns(client);

	// The browser has a session, with which a passkey can be added.
	const authenticator = await tab.context.newCDPSession(tab.page);
	await authenticator.send('WebAuthn.enable');
	await authenticator.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	});
	await tab.page.goto(`${base}/passkeys/add?${new URLSearchParams({ client_id: client.ClientId, redirect_uri: callback })}`);
	await tab.shows('add-passkey', 'Add a passkey');
	await tab.press('Create passkey');
	await tab.page.waitForURL(callback);
	await begun('Passkey');
	await tab.shows('passkey', 'Sign in with a passkey');
	await tab.press('Use passkey');
	await tab.returns(client);
	return tab;
}

/** A sign-up without a password, in a pool in which a code is enough to sign in. */
async function passwordless(version) {
	const { pool, client, tab } = await begin(version, 'passwordless', {
		pool: {
			AutoVerifiedAttributes: ['email'],
			UsernameAttributes: ['email'],
			Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
		},
		client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
	});
	const email = 'passwordless@example.com';
	await tab.open('/oauth2/authorize', client);
	await tab.follow('Create an account');
	await tab.shows('sign-up-passwordless', 'Sign up');
	await tab.fill({ 'requiredAttributes[email]': email });
	await tab.press('Sign up');
	await tab.page.getByText('Confirm your account').waitFor();
	await tab.fill({ verification_code: await sentCode(endpoint, pool, email) });
	await tab.press('Confirm account');
	await tab.returns(client);

	await tab.context.clearCookies();
	await tab.open('/oauth2/authorize', client);
	await tab.fill({ username: email });
	await tab.press('Next');
	await tab.press('Code by email');
	await tab.shows('email-code-only', 'Enter your code');
	await tab.fill({ code: await sentCode(endpoint, pool, email) });
	await tab.press('Sign in');
	await tab.returns(client);
	return tab;
}

async function languages(version) {
	const { client, tab } = await begin(version, 'languages');
	await tab.open('/oauth2/authorize', client, { lang: 'ja' });
	await tab.shows('sign-in-ja', 'サインイン');
	const lang = await tab.page.evaluate(() => document.documentElement.lang);
	check(`${version}: the page is in Japanese`, lang === 'ja', lang);
	await tab.open('/signup', client);
	await tab.shows('sign-up-ja', 'サインアップ');
	return tab;
}

/** Text from the outside is shown as text. */
async function hostile(version) {
	const { pool, client, tab } = await begin(version, 'hostile', {
		pool: { AutoVerifiedAttributes: ['email'], Schema: [{ Name: 'given_name', Required: true }] },
	});
	const text = '"><b-injected onfocus=alert(1) autofocus></b-injected><script>alert(1)</script>&amp;';
	const harmless = async (where) => {
		const injected = await tab.page.locator('b-injected').count();
		check(`${version}: ${where} is text`, injected === 0 && tab.problems.length === 0, tab.problems);
	};
	await tab.open('/oauth2/authorize', client, { login_hint: text, lang: text, state: text, nonce: text });
	await harmless('login_hint');
	const hint = await tab.page.locator('[name=username]:visible').inputValue();
	check(`${version}: login_hint is in the field`, hint === text, hint);
	await tab.signIn(text, text);
	await tab.page.locator('[role=alert]').waitFor();
	await harmless('a username');
	await tab.open('/signup', client);
	await tab.fill({
		username: text, password: 'short', 'requiredAttributes[given_name]': text, 'requiredAttributes[email]': 'a@b.example',
	});
	await tab.press('Sign up');
	await tab.page.locator('[role=alert]').waitFor();
	await harmless('an attribute');
	await tab.open('/confirm', client, { username: text });
	await harmless('a username of the query');

	// The user's name is on the page of the next step.
	const name = '<b-injected>';
	await call('AdminCreateUser', {
		UserPoolId: pool, Username: name, TemporaryPassword: password, MessageAction: 'SUPPRESS',
	});
	await tab.open('/oauth2/authorize', client, { state: text });
	await tab.signIn(name);
	await tab.page.getByText(name, { exact: true }).waitFor();
	await harmless('the name of a user');
	await tab.fill({ 'requiredAttributes[given_name]': text, password: 'Another-Horse-8', confirm_password: 'Another-Horse-8' });
	await tab.press('Change password');
	await tab.page.waitForURL((url) => url.href.startsWith(callback));
	const state = new URL(tab.page.url()).searchParams.get('state');
	check(`${version}: the state is unchanged`, state === text, state);
	return tab;
}

async function refusals(version) {
	const { pool, client, tab } = await begin(version, 'refusals');
	const failed = async (name, status, sentence, response) => {
		const text = (await tab.page.locator('body').innerText()).trim();
		check(`${version}: ${name}: ${status}`, response.status() === status && text.includes(sentence), text);
		await tab.audit(name);
	};
	await failed('error', 400, 'An error was encountered with the requested page.',
		await tab.open('/oauth2/authorize', client, { redirect_uri: 'https://elsewhere.example/' }));
	await failed('no-client', 400, 'Missing required parameter client_id in request URL.',
		await tab.page.goto(`${base}/login`));
	await failed('no-option', 400, 'Login option is not available. Please try another one',
		await tab.open('/oauth2/authorize', client, { identity_provider: 'Google' }));
	const plain = await appClient(call, pool, { CallbackURLs: [callback] }, { branded: false });
	const response = await tab.open('/login', plain);
	if (version === 'managed') {
		await failed('unavailable', 403, 'Login pages unavailable. Please contact an administrator.', response);
	} else {
		check('classic: no branding style is needed', response.status() === 200);
	}
	return tab;
}

const flows = [
	signIn, sessions, accounts, ownHost, signUp, signUpByLink, unconfirmed, recovery, reset, implicit, newPassword,
	authenticatorApp, textMessage, emailMessage, stepUp, rememberedBrowser, choices, providers, domains, hostile, refusals,
];
const managedOnly = [firstFactors, passwordless, languages];
const failures = [];
try {
	await Promise.all(Object.keys(browsers).map(async (version) => {
		for (const flow of version === 'managed' ? [...flows, ...managedOnly] : flows) {
			if (!flow.name.includes(only)) continue;
			try {
				await (await flow(version)).close();
			} catch (error) {
				failures.push(`${version} ${flow.name}: ${error.message}`);
				console.error(failures.at(-1));
			}
		}
	}));
} finally {
	for (const browser of Object.values(browsers)) await browser.close();
	app.server.close();
}
if (failures.length) {
	console.error(`FAILED:\n${failures.join('\n')}`);
	process.exitCode = 1;
}
summary('pages in Chromium');
