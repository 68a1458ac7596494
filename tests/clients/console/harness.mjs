// Servers with a console, tabs that watch for errors, and the users that tests need.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { api, check, password } from '../domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const desktop = { width: 1280, height: 860 };
export const phone = { width: 390, height: 844 };

/** A `cognito-mcp console` that runs. */
export class Console {
	/** Starts it at a free port, or at `port`. */
	static async start(binary, args, port = 0) {
		const one = new Console();
		one.binary = binary;
		one.args = args;
		one.process = spawn(binary, ['console', '--no-open', '--http', `127.0.0.1:${port}`, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
		one.report = '';
		one.process.stderr.on('data', (data) => {
			one.report += data;
		});
		await one.#until(() => /^Console: \S+/m.test(one.report));
		one.url = /^Console: (\S+)/m.exec(one.report)[1];
		one.base = one.url.replace(/\?.*/, '');
		one.origin = new URL(one.url).origin;
		one.api = /Cognito is (?:also )?at (\S+)/.exec(one.report)?.[1];
		return one;
	}

	async #until(holds) {
		for (let left = 900; !holds(); left -= 1) {
			if (left === 0 || this.process.exitCode !== null) throw new Error(`The console did not start:\n${this.report}`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	/** An address that was not used yet. */
	async fresh() {
		const unused = () => [...this.report.matchAll(/(http\S+\?token=\S+)/g)].map((found) => found[1]).filter((url) => !this.used.has(url));
		await this.#until(() => unused().length > 0);
		const [url] = unused();
		this.used.add(url);
		return url;
	}

	used = new Set();

	stop() {
		this.process.kill('SIGKILL');
	}

	/** The cookies of a browser that was admitted, made once. */
	async cookies(browser) {
		this.admitted ??= (async () => {
			const context = await browser.newContext();
			const page = await context.newPage();
			await page.goto(await this.fresh());
			const cookies = await context.cookies();
			await context.close();
			return cookies;
		})();
		return this.admitted;
	}

	/** A tab of a new browser session that this console admits. */
	async tab(browser, options = {}) {
		const context = await browser.newContext({ viewport: desktop, locale: 'en-US', permissions: ['clipboard-read', 'clipboard-write'], ...options });
		await context.addCookies(await this.cookies(browser));
		return this.tabIn(context);
	}

	async tabIn(context) {
		const page = await context.newPage();
		page.setDefaultTimeout(10_000);
		page.problems = [];
		page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
		page.on('dialog', (dialog) => {
			page.problems.push(`dialog: ${dialog.message()}`);
			void dialog.dismiss();
		});
		page.on('console', (message) => {
			// Chromium reports each status of 400 and more, and each request without an answer.
			const isStatus = /Failed to load resource|net::ERR/.test(message.text());
			if (message.type() === 'error' && !isStatus) page.problems.push(`console: ${message.text()}`);
		});
		page.on('request', (request) => {
			const url = new URL(request.url());
			if (url.protocol !== 'data:' && url.origin !== this.origin) page.problems.push(`request: ${url}`);
		});
		return page;
	}

	/** Opens a page of the pool: `users/ana`. */
	async open(page, path, query = {}, pool = this.world?.pool) {
		const search = new URLSearchParams({ ...(pool ? { pool } : {}), ...query });
		const url = `${this.base}#/${path}?${search}`;
		// Another hash alone would not load the page again.
		if (page.url().split('#')[0] === this.base) {
			await page.evaluate((hash) => {
				location.hash = hash;
			}, new URL(url).hash);
		} else {
			await page.goto(url);
		}
		await page.locator('main h1').first().waitFor();
	}
}

/** Nothing of the page is being read. */
export async function settled(page) {
	await page.waitForFunction(() => !document.querySelector('main .skeleton, main .starting, main [aria-busy="true"], dialog .skeleton, main .table-loading'));
}

/** Checks that axe finds nothing, in both themes. */
export async function accessible(page, name) {
	await page.evaluate(axe);
	for (const colorScheme of ['dark', 'light']) {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		const { violations } = await page.evaluate(() => globalThis.axe.run());
		const seen = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
		check(`${name} passes axe, ${colorScheme}`, seen.length === 0, seen);
	}
}

/** Checks that the page had no error, and asked no other server. */
export function clean(page, name) {
	check(`${name} has no errors and asks no other server`, page.problems.length === 0, page.problems);
}

/** Captures the page in both themes and at the width of a phone, where nothing is cut off. */
export async function captured(page, images, name) {
	for (const colorScheme of ['dark', 'light']) {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await page.screenshot({ path: join(images, `console-${name}-${colorScheme}.png`) });
	}
	await page.setViewportSize(phone);
	const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	await page.screenshot({ path: join(images, `console-${name}-phone.png`) });
	check(`${name} fits a phone`, overflow <= 0, overflow);
	await page.setViewportSize(desktop);
}

/** A pool with users, a group and two clients, and what they are called. */
export async function seed(endpoint, name = 'shop') {
	const call = api(endpoint);
	const { UserPool } = await call('CreateUserPool', { PoolName: name, AutoVerifiedAttributes: ['email'], DeletionProtection: 'INACTIVE' });
	const pool = UserPool.Id;
	const domain = `${name}-${pool.toLowerCase().replace(/[^a-z0-9]/g, '')}`;
	await call('CreateUserPoolDomain', { UserPoolId: pool, Domain: domain });
	await call('CreateGroup', { UserPoolId: pool, GroupName: 'staff', Description: 'People who work here' });
	for (const username of ['ana', 'ben', 'cleo', 'dora', 'emil']) {
		const attributes = [{ Name: 'email', Value: `${username}@example.com` }, { Name: 'email_verified', Value: 'true' }];
		await call('AdminCreateUser', { UserPoolId: pool, Username: username, UserAttributes: attributes, MessageAction: 'SUPPRESS' });
		await call('AdminSetUserPassword', { UserPoolId: pool, Username: username, Password: password, Permanent: true });
	}
	await call('AdminAddUserToGroup', { UserPoolId: pool, Username: 'ana', GroupName: 'staff' });
	await call('AdminDisableUser', { UserPoolId: pool, Username: 'cleo' });
	const client = async (ClientName, GenerateSecret) => {
		const { UserPoolClient } = await call('CreateUserPoolClient', {
			UserPoolId: pool,
			ClientName,
			GenerateSecret,
			ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
			AllowedOAuthFlowsUserPoolClient: true,
			AllowedOAuthFlows: ['code'],
			AllowedOAuthScopes: ['openid', 'email'],
			SupportedIdentityProviders: ['COGNITO'],
			CallbackURLs: ['http://localhost:3000/callback'],
		});
		return UserPoolClient;
	};
	const web = await client('web', false);
	const service = await client('service', true);
	return { pool, call, domain, web: web.ClientId, service: service.ClientId, serviceSecret: service.ClientSecret };
}

/** Whether a call of the API succeeds. */
export async function works(promise) {
	try {
		await promise;
		return true;
	} catch {
		return false;
	}
}
