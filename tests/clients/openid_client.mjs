// openid-client 6, a certified OpenID Connect client: discovery, the authorization code flow with
// PKCE and a nonce, userInfo, refresh, revocation, client credentials, and sign-out.
//
// usage: node openid_client.mjs ENDPOINT

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
	Visitor, api, appClient, check, password, summary, user, userPool,
} from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const oidc = await import(pathToFileURL(require.resolve('openid-client')).href);

const endpoint = process.argv[2];
const call = api(endpoint);
const options = { execute: [oidc.allowInsecureRequests] };
const callback = 'http://localhost:3000/callback';
const home = 'http://localhost:3000/';

const pool = await userPool(call, 'openid-client');
await user(call, pool, 'ana', { email: 'ana@example.com', email_verified: 'true', given_name: 'Ana' });
const issuer = new URL(`${endpoint}/${pool}`);
const client = (settings) => appClient(call, pool, { CallbackURLs: [callback], LogoutURLs: [home], ...settings });
const visitor = new Visitor();

/** The URL that begins a sign-in, and the values to check at its end. */
async function authorization(config, more = {}) {
	const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
	const expected = { pkceCodeVerifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: callback,
		scope: 'openid email',
		code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
		code_challenge_method: 'S256',
		state: expected.expectedState,
		nonce: expected.expectedNonce,
		...more,
	});
	return { url, expected };
}

/** The error that a promise is rejected with. */
const refusal = (promise) => promise.then((value) => ({ accepted: value }), (error) => error);

async function publicClient() {
	const { ClientId } = await client({});
	const config = await oidc.discovery(issuer, ClientId, undefined, oidc.None(), options);
	const metadata = config.serverMetadata();
	check('discovery names the endpoints', metadata.authorization_endpoint.endsWith('/oauth2/authorize')
		&& metadata.end_session_endpoint.endsWith('/logout'), metadata);

	const { url, expected } = await authorization(config);
	const page = await visitor.open(url.href);
	const failed = await visitor.submit(page, { username: 'ana', password: 'Wrong-Horse-7' });
	check('a wrong password shows the page again', failed.status === 200
		&& failed.html.includes('Incorrect username or password.'), failed);
	const done = await visitor.submit(failed, { username: 'ana', password });
	const returned = new URL(done.url);
	check('the browser returns to the app', done.status === 302 && returned.href.startsWith(`${callback}?code=`), done);

	const tokens = await oidc.authorizationCodeGrant(config, returned, expected);
	const claims = tokens.claims();
	check('the ID token is valid', claims['cognito:username'] === 'ana' && claims.email === 'ana@example.com', claims);
	check('the response has the scopes of the access token',
		JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url')).scope === 'openid email', tokens);
	const again = await refusal(oidc.authorizationCodeGrant(config, returned, expected));
	check('a code is used once', again.error === 'invalid_grant' && again.status === 400, again);

	const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
	check('userInfo', info.email === 'ana@example.com' && info.email_verified === 'true'
		&& info.username === 'ana' && info.given_name === undefined, info);

	const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
	check('refreshed', renewed.access_token !== tokens.access_token && renewed.refresh_token === undefined
		&& renewed.claims().sub === claims.sub, renewed);

	await oidc.tokenRevocation(config, tokens.refresh_token);
	const revoked = await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token));
	check('a revoked refresh token', revoked.error === 'invalid_grant', revoked);
	const ended = await refusal(oidc.fetchUserInfo(config, tokens.access_token, claims.sub));
	check('userInfo for a revoked token', ended.cause.status === 401, ended);

	await mistakes(config);
	await signOut(config, ClientId);
}

/** The browser has a session, so no page is shown. */
async function mistakes(config) {
	const wrongVerifier = await authorization(config);
	const done = new URL((await visitor.open(wrongVerifier.url.href)).url);
	const refused = await refusal(oidc.authorizationCodeGrant(config, done, {
		...wrongVerifier.expected, pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
	}));
	check('a wrong verifier', refused.error === 'invalid_grant', refused);

	const offline = await authorization(config, { scope: 'openid offline_access' });
	const { url } = await visitor.open(offline.url.href);
	const state = offline.expected.expectedState;
	check('a scope that the client does not have',
		url.href === `${callback}?error_description=invalid_scope&state=${state}&error=invalid_request`, url.href);

	const elsewhere = await authorization(config, { redirect_uri: `${callback}/` });
	const page = await visitor.open(elsewhere.url.href);
	check('a callback that is not registered', page.status === 400
		&& new URL(page.url).pathname === '/error'
		&& page.html.includes('An error was encountered with the requested page.'), page);
}

async function signOut(config, ClientId) {
	const silent = await authorization(config, { prompt: 'none' });
	const present = new URL((await visitor.open(silent.url.href)).url);
	check('prompt=none with a session', present.searchParams.has('code'), present.href);

	const signOut = oidc.buildEndSessionUrl(config, { client_id: ClientId, logout_uri: home });
	const left = await visitor.open(signOut.href);
	check('sign-out returns to the app', String(left.url) === home, left);
	const absent = new URL((await visitor.open(silent.url.href)).url);
	check('prompt=none without a session', absent.searchParams.get('error') === 'login_required'
		&& absent.searchParams.get('state') === silent.expected.expectedState, absent.href);
}

async function confidentialClient() {
	await call('CreateResourceServer', {
		UserPoolId: pool, Identifier: 'orders', Name: 'orders', Scopes: [{ ScopeName: 'read', ScopeDescription: 'read' }],
	});
	const { ClientId, ClientSecret } = await client({
		GenerateSecret: true, AllowedOAuthFlows: ['client_credentials'], AllowedOAuthScopes: ['orders/read'],
	});
	for (const authenticate of [oidc.ClientSecretPost, oidc.ClientSecretBasic]) {
		const config = await oidc.discovery(issuer, ClientId, undefined, authenticate(ClientSecret), options);
		const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders/read' });
		check(`client credentials by ${authenticate.name}`, tokens.expires_in === 3600
			&& tokens.refresh_token === undefined && tokens.id_token === undefined, tokens);
		const wrong = await oidc.discovery(issuer, ClientId, undefined, authenticate('wrong'), options);
		const refused = await refusal(oidc.clientCredentialsGrant(wrong));
		check(`a wrong secret by ${authenticate.name}`, refused.status === 400 && refused.error === 'invalid_client'
			&& refused.error_description === 'invalid_client_secret', refused);
	}
	const web = await client({ GenerateSecret: true });
	const config = await oidc.discovery(issuer, web.ClientId, undefined, oidc.ClientSecretBasic(web.ClientSecret), options);
	const { url, expected } = await authorization(config);
	const returned = await visitor.signIn(url.href, 'ana');
	const tokens = await oidc.authorizationCodeGrant(config, returned, expected);
	check('the code flow of a client with a secret', tokens.claims().aud === web.ClientId, tokens);
	await oidc.tokenRevocation(config, tokens.refresh_token);
	check('revocation by a client with a secret',
		(await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token))).error === 'invalid_grant');
}

await publicClient();
await confidentialClient();
summary('openid-client');
