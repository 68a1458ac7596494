// The page of `oidc_client_ts.mjs`, as an application has it. esbuild bundles this file.

import { UserManager } from 'oidc-client-ts';

/** The settings of the application, which the test keeps in the page's storage. */
const settings = () => JSON.parse(sessionStorage.getItem('settings'));
const manager = () => new UserManager({
	redirect_uri: `${location.origin}/callback`,
	scope: 'openid email profile',
	loadUserInfo: true,
	...settings(),
});
const seen = (user) => user && {
	profile: user.profile, accessToken: user.access_token, refreshToken: user.refresh_token,
};

Object.assign(globalThis, {
	begin: (more) => {
		sessionStorage.setItem('settings', JSON.stringify({ ...settings(), ...more }));
		return manager().signinRedirect();
	},
	loaded: async () => seen(await manager().signinCallback()),
	kept: async () => seen(await manager().getUser()),
	renew: async () => seen(await manager().signinSilent()),
	revoke: () => manager().revokeTokens(['refresh_token']),
	leave: () => manager().signoutRedirect({
		extraQueryParams: { client_id: settings().client_id, logout_uri: `${location.origin}/` },
	}),
});
