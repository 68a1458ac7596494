// Auth.js with its Cognito provider, as a framework runs it: sign-in with the checks `pkce`,
// `state` and `nonce`, the session, and sign-out.
//
// usage: node auth_js.mjs ENDPOINT

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
	Visitor, api, appClient, check, forms, serve, summary, user, userPool,
} from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Auth } = await load('@auth/core');
const { default: Cognito } = await load('@auth/core/providers/cognito');

const endpoint = process.argv[2];
const call = api(endpoint);
const pool = await userPool(call, 'auth-js');
await user(call, pool, 'ana', { email: 'ana@example.com', email_verified: 'true', name: 'Ana' });

let config;
const { server, origin } = await serve(async (request, response) => {
	const body = [];
	for await (const chunk of request) body.push(chunk);
	const answer = await Auth(new Request(`${origin}${request.url}`, {
		method: request.method,
		headers: request.headers,
		body: request.method === 'POST' ? Buffer.concat(body) : undefined,
	}), config);
	response.statusCode = answer.status;
	for (const [name, value] of answer.headers) response.appendHeader(name, value);
	response.end(Buffer.from(await answer.arrayBuffer()));
});

/** Signs in at the application with a provider that has these settings. */
async function signsIn(name, ClientId, clientSecret, settings) {
	const events = [];
	config = {
		trustHost: true,
		basePath: '/api/auth',
		secret: 'a secret of the application',
		providers: [Cognito({ clientId: ClientId, clientSecret, issuer: `${endpoint}/${pool}`, ...settings })],
		callbacks: {
			jwt: ({ token, account, profile }) => ({
				...token, ...(account && { idToken: account.id_token, username: profile['cognito:username'] }),
			}),
			session: ({ session, token }) => ({ ...session, username: token.username }),
		},
		logger: { error: (error) => events.push(error) },
	};
	const visitor = new Visitor();
	const page = await visitor.open(`${origin}/api/auth/signin`);
	const form = forms(page.html).find(({ action }) => action.endsWith('/signin/cognito'));
	const begun = await visitor.open(form.action, {
		method: 'POST',
		headers: { 'content-type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams(form.fields).toString(),
	});
	check(`${name}: the application sends the browser to the page`, String(begun.url)
		.startsWith(`${endpoint}/oauth2/authorize?`), [begun, events]);
	const emulator = new Visitor();
	const returned = await emulator.signIn(begun.url, 'ana');
	check(`${name}: the page returns to the callback`, returned.pathname === '/api/auth/callback/cognito', returned.href);
	await visitor.open(returned.href);
	const session = JSON.parse((await visitor.open(`${origin}/api/auth/session`)).html);
	check(`${name}: the session has the user`, session?.user?.email === 'ana@example.com' && session.user.name === 'Ana'
		&& session.username === 'ana', [session, events]);

	const out = await visitor.open(`${origin}/api/auth/signout`);
	await visitor.submit(out, {});
	const after = JSON.parse((await visitor.open(`${origin}/api/auth/session`)).html);
	check(`${name}: signed out`, after === null, after);
}

try {
	const callback = { CallbackURLs: [`${origin}/api/auth/callback/cognito`] };
	const confidential = await appClient(call, pool, { ...callback, GenerateSecret: true });
	await signsIn('default', confidential.ClientId, confidential.ClientSecret, {});
	await signsIn('all checks', confidential.ClientId, confidential.ClientSecret, { checks: ['pkce', 'state', 'nonce'] });
	const open = await appClient(call, pool, callback);
	await signsIn('public client', open.ClientId, undefined, { client: { token_endpoint_auth_method: 'none' } });
} finally {
	server.close();
}
summary('Auth.js');
