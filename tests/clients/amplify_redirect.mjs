// Amplify 6 in Chromium: `signInWithRedirect`, refresh and sign-out. Amplify opens the domain over
// https only.
//
// usage: node amplify_redirect.mjs ENDPOINT CHROMIUM

import { application, signInAt } from './app.mjs';
import {
	api, appClient, check, password, summary, user, userPool,
} from './domain.mjs';

const [endpoint, executablePath] = process.argv.slice(2);
const call = api(endpoint);
const app = await application('amplify_redirect_page.mjs', executablePath);
const { page, origin } = app;
try {
	const userPoolId = await userPool(call, 'redirect');
	const { ClientId } = await appClient(call, userPoolId, {
		CallbackURLs: [`${origin}/`],
		LogoutURLs: [`${origin}/`],
		AllowedOAuthScopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
	});
	await user(call, userPoolId, 'ana', { email: 'ana@example.com', email_verified: 'true' });
	const settings = {
		userPoolId, userPoolClientId: ClientId, userPoolEndpoint: endpoint, domain: new URL(endpoint).host,
	};

	await page.goto(`${origin}/`);
	await page.evaluate((chosen) => { globalThis.begin(chosen); }, settings);
	await page.waitForURL((url) => url.origin === endpoint);
	await signInAt(page, 'ana', password, `${origin}/`);
	await page.waitForFunction(() => globalThis.events().some((name) => name.startsWith('signInWithRedirect')));
	const events = await page.evaluate(() => globalThis.events());
	check('the redirect signs in', events.includes('signInWithRedirect'), events);
	const seen = await page.evaluate(() => globalThis.seen());
	check('the user is loaded', seen.username === 'ana' && seen.attributes.email === 'ana@example.com'
		&& seen.claims['cognito:username'] === 'ana', seen);
	check('refreshed', seen.isRenewed, seen);

	await page.evaluate(() => { globalThis.leave(); });
	await page.waitForURL((url) => url.pathname === '/logout').catch(() => undefined);
	await page.waitForURL(`${origin}/`);
	check('signed out', (await page.evaluate(() => globalThis.current())) === 'UserUnAuthenticatedException');
	await page.evaluate((chosen) => { globalThis.begin(chosen); }, settings);
	await page.locator('[name=password]:visible').waitFor();
	check('the next sign-in shows the page', true);
} catch (error) {
	console.error(app.messages);
	throw error;
} finally {
	await app.close();
}
summary('Amplify with redirects in Chromium');
