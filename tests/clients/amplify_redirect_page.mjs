// The page of `amplify_redirect.mjs`, as an application has it. esbuild bundles this file.

import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';
import 'aws-amplify/auth/enable-oauth-listener';
import { Hub } from 'aws-amplify/utils';

const events = [];
Hub.listen('auth', ({ payload }) => events.push(payload.event));

/** The settings of the application, which the test keeps in the page's storage. */
const settings = JSON.parse(sessionStorage.getItem('settings'));
const configure = ({ userPoolId, userPoolClientId, userPoolEndpoint, domain }) => Amplify.configure({
	Auth: {
		Cognito: {
			userPoolId,
			userPoolClientId,
			userPoolEndpoint,
			loginWith: {
				oauth: {
					domain,
					scopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
					redirectSignIn: [`${location.origin}/`],
					redirectSignOut: [`${location.origin}/`],
					responseType: 'code',
				},
			},
		},
	},
});
if (settings) configure(settings);

Object.assign(globalThis, {
	begin: (chosen) => {
		sessionStorage.setItem('settings', JSON.stringify(chosen));
		configure(chosen);
		return auth.signInWithRedirect({ customState: 'from the test' });
	},
	events: () => events,
	seen: async () => {
		const user = await auth.getCurrentUser();
		const before = await auth.fetchAuthSession();
		const after = await auth.fetchAuthSession({ forceRefresh: true });
		return {
			username: user.username,
			attributes: await auth.fetchUserAttributes(),
			isRenewed: before.tokens.accessToken.toString() !== after.tokens.accessToken.toString(),
			claims: after.tokens.idToken.payload,
		};
	},
	leave: () => auth.signOut(),
	current: () => auth.getCurrentUser().then(({ username }) => username, (error) => error.name),
});
