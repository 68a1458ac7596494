// oidc-client-ts in Chromium: sign-in by redirect, userInfo, refresh, revocation and sign-out,
// with the requests that need CORS.
//
// usage: node oidc_client_ts.mjs ENDPOINT CHROMIUM

import { application, signInAt } from './app.mjs';
import {
	api, appClient, check, password, summary, user, userPool,
} from './domain.mjs';

const [endpoint, executablePath] = process.argv.slice(2);
const call = api(endpoint);
const app = await application('oidc_client_ts_page.mjs', executablePath);
const { page, origin } = app;
try {
	const pool = await userPool(call, 'oidc-client-ts');
	const { ClientId } = await appClient(call, pool, {
		CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`],
	});
	await user(call, pool, 'ana', { email: 'ana@example.com', email_verified: 'true', given_name: 'Ana' });
	const settings = { authority: `${endpoint}/${pool}`, client_id: ClientId };

	await page.goto(`${origin}/`);
	await page.evaluate((chosen) => { globalThis.begin(chosen); }, settings);
	await signInAt(page, 'ana', password, `${origin}/callback`);
	const signedIn = await page.evaluate(() => globalThis.loaded());
	const { profile } = signedIn;
	check('the user is loaded', profile['cognito:username'] === 'ana'
		&& profile.given_name === 'Ana', profile);
	check('userInfo is read', profile.username === 'ana' && profile.email === 'ana@example.com', profile);
	check('the page keeps the user', (await page.evaluate(() => globalThis.kept())).accessToken === signedIn.accessToken);

	const renewed = await page.evaluate(() => globalThis.renew());
	check('refreshed', renewed.accessToken !== signedIn.accessToken && renewed.profile.sub === profile.sub, renewed);

	await page.evaluate(() => globalThis.revoke());
	const refused = await fetch(`${endpoint}/oauth2/token`, {
		method: 'POST',
		body: new URLSearchParams({
			grant_type: 'refresh_token', client_id: ClientId, refresh_token: signedIn.refreshToken,
		}),
	});
	check('revoked', (await refused.text()) === '{"error":"invalid_grant"}');

	await page.evaluate(() => { globalThis.leave(); });
	await page.waitForURL(`${origin}/`);
	check('signed out', await page.evaluate(() => globalThis.kept()) === null);
	await page.evaluate((chosen) => { globalThis.begin(chosen); }, settings);
	await page.locator('[name=password]:visible').waitFor();
	check('the next sign-in shows the page', true);
} catch (error) {
	console.error(app.messages);
	throw error;
} finally {
	await app.close();
}
summary('oidc-client-ts in Chromium');
