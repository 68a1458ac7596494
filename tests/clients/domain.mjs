// Helpers for programs that use a user pool's domain: calls of the API, a browser without
// scripts, and the messages that the emulator sent.

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { inspect } from 'node:util';

export const password = 'Correct-Horse-7';
const state = { passed: 0 };

/** Throws if `holds` is false. */
export function check(name, holds, seen) {
	if (!holds) throw new Error(`FAILED: ${name}: ${inspect(seen)}`);
	state.passed += 1;
	console.log(`ok: ${name}`);
}

/** The last line of a program's report. */
export function summary(client) {
	console.log(`${client}: ${state.passed} passed`);
}

/** Calls the API of the emulator at `endpoint`. */
export function api(endpoint) {
	return async (operation, input) => {
		const answer = await fetch(endpoint, {
			method: 'POST',
			headers: {
				'content-type': 'application/x-amz-json-1.1',
				'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
				authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=any',
			},
			body: JSON.stringify(input),
		});
		// Operations without a response have no body.
		const body = JSON.parse((await answer.text()) || '{}');
		if (!answer.ok) throw new Error(`${operation}: ${JSON.stringify(body)}`);
		return body;
	};
}

/** A user pool with a prefix domain. `version` is 2 for managed login and 1 for the classic pages. */
export async function userPool(call, name, { version = 2, ...settings } = {}) {
	const { UserPool: { Id: UserPoolId } } = await call('CreateUserPool', { PoolName: name, ...settings });
	await call('CreateUserPoolDomain', { UserPoolId, Domain: name, ManagedLoginVersion: version });
	return UserPoolId;
}

/** An app client that signs in at the pages. Its branding style is the default one. */
export async function appClient(call, UserPoolId, settings, { branded = true } = {}) {
	const { UserPoolClient: client } = await call('CreateUserPoolClient', {
		UserPoolId,
		ClientName: 'app',
		AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthFlows: ['code'],
		AllowedOAuthScopes: ['openid', 'email', 'profile'],
		SupportedIdentityProviders: ['COGNITO'],
		...settings,
	});
	if (branded) {
		await call('CreateManagedLoginBranding', {
			UserPoolId, ClientId: client.ClientId, UseCognitoProvidedValues: true,
		});
	}
	return client;
}

/** A confirmed user with a password. */
export async function user(call, UserPoolId, Username, attributes = {}) {
	const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
	await call('AdminCreateUser', { UserPoolId, Username, UserAttributes, MessageAction: 'SUPPRESS' });
	await call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true });
}

/** The latest code that a pool sent to `recipient`. Other pools may send to the same address. */
export async function sentCode(endpoint, pool, recipient) {
	const query = new URLSearchParams({ pool, recipient });
	const answer = await fetch(`${endpoint}/_emulator/outbox?${query}`);
	const { messages } = await answer.json();
	return messages[0]?.code;
}

const unescaped = (text) => text
	.replace(/&#x([0-9a-f]+);/gi, (_, digits) => String.fromCodePoint(parseInt(digits, 16)))
	.replace(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)))
	.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

const attributesOf = (tag) => Object.fromEntries([...tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)]
	.slice(1).map(([, name, value]) => [name, unescaped(value ?? '')]));

/** The forms of a page: their action and the values of their fields. */
export function forms(html) {
	return [...html.matchAll(/(<form\b[^>]*>)(.*?)<\/form>/gs)].map(([, tag, content]) => {
		const inputs = [...content.matchAll(/<input\b[^>]*>/g)].map(([input]) => attributesOf(input));
		const named = inputs.filter((input) => input.name && input.type !== 'checkbox');
		return {
			...attributesOf(tag),
			fields: Object.fromEntries(named.map((input) => [input.name, input.value ?? ''])),
		};
	});
}

/** A browser without scripts: it keeps cookies and follows redirects on the emulator's host. */
export class Visitor {
	constructor() {
		this.cookies = new Map();
	}

	/** Sends a request. Redirects end at the first address that is not under `home`. */
	async open(url, init = {}, home = new URL(url).origin) {
		const headers = { ...init.headers, cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') };
		const response = await fetch(url, { ...init, headers, redirect: 'manual' });
		for (const cookie of response.headers.getSetCookie()) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
			if (/max-age=0/i.test(cookie)) this.cookies.delete(name);
			else this.cookies.set(name, value);
		}
		const html = await response.text();
		const location = response.headers.get('location');
		if (location === null) return { url, status: response.status, html };
		const next = new URL(location, url);
		if (next.origin !== home) return { url: next, status: response.status, html };
		return this.open(next.href, {}, home);
	}

	/** Fills in the first form of `page` and sends it. */
	submit(page, values) {
		const [form] = forms(page.html);
		return this.open(new URL(form.action, page.url).href, {
			method: form.method,
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body: new URLSearchParams({ ...form.fields, ...values }).toString(),
		});
	}

	/** Signs in at the page behind `url`; returns the address of the app that the browser ends at. */
	async signIn(url, username) {
		const page = await this.open(url);
		const done = await this.submit(page, { username, password });
		return new URL(done.url);
	}
}

/** A code verifier and its challenge (RFC 7636). */
export function pkce() {
	const verifier = randomBytes(32).toString('base64url');
	return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The code of an authenticator app at `time` in milliseconds (RFC 6238). */
export function totp(secret, time = Date.now()) {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret.replaceAll(' ', '').replaceAll('=', '')]
		.map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
	const digest = createHmac('sha1', key).update(counter).digest();
	const offset = digest[19] & 15;
	return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A web server on a free port of this machine. */
export async function serve(answer) {
	const server = createServer(answer);
	await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
	return { server, origin: `http://localhost:${server.address().port}` };
}
