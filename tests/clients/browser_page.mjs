// The clients of `browser.mjs`, as an application has them. esbuild bundles this file.

import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import 'aws-sdk/dist/aws-sdk.js';
import {
	AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool,
} from 'amazon-cognito-identity-js';

const password = 'Correct-Horse-7';
const credentials = { accessKeyId: 'any', secretAccessKey: 'any', sessionToken: 'any' };
const region = 'us-east-1';

/** The part of a token that is data. */
const claims = (token) => JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));

/** The code that was mailed. The controls admit this page: it is from localhost. */
async function code(endpoint, address) {
	const answer = await fetch(`${endpoint}/_emulator/outbox?recipient=${address}`);
	return (await answer.json()).messages[0].code;
}

/** Calls that need a signature: a pool and a client for the others. */
async function setUp(endpoint) {
	const sdk = new CognitoIdentityProvider({ endpoint, region, credentials });
	const { UserPool } = await sdk.createUserPool({ PoolName: 'browser', AutoVerifiedAttributes: ['email'] });
	const { UserPoolClient } = await sdk.createUserPoolClient({
		UserPoolId: UserPool.Id,
		ClientName: 'app',
		ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
	});
	return { userPoolId: UserPool.Id, clientId: UserPoolClient.ClientId };
}

/** The steps that both versions of the SDK have; `call` sends an operation. */
async function bySdk(call, { endpoint, clientId, userPoolId }, username) {
	const email = `${username}@example.com`;
	const UserAttributes = [{ Name: 'email', Value: email }];
	await call('signUp', { ClientId: clientId, Username: username, Password: password, UserAttributes });
	await call('confirmSignUp', {
		ClientId: clientId, Username: username, ConfirmationCode: await code(endpoint, email),
	});
	const signedIn = await call('initiateAuth', {
		ClientId: clientId,
		AuthFlow: 'USER_PASSWORD_AUTH',
		AuthParameters: { USERNAME: username, PASSWORD: password },
	});
	const { AccessToken, RefreshToken } = signedIn.AuthenticationResult;
	const refreshed = await call('initiateAuth', {
		ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: RefreshToken },
	});
	const seen = await call('adminGetUser', { UserPoolId: userPoolId, Username: username });
	await call('globalSignOut', { AccessToken });
	const refused = await call('getUser', { AccessToken }).catch((error) => error.name ?? error.code);
	return {
		status: seen.UserStatus,
		refreshed: claims(refreshed.AuthenticationResult.AccessToken).username,
		afterSignOut: refused,
	};
}

const clients = {
	'AWS SDK 3': (place) => {
		const sdk = new CognitoIdentityProvider({ endpoint: place.endpoint, region, credentials });
		return bySdk((operation, input) => sdk[operation](input), place, 'three');
	},
	'AWS SDK 2': (place) => {
		const sdk = new globalThis.AWS.CognitoIdentityServiceProvider({ endpoint: place.endpoint, region, credentials });
		return bySdk((operation, input) => sdk[operation](input).promise(), place, 'two');
	},
	'Amplify 6': async ({ endpoint, userPoolId, clientId }) => {
		Amplify.configure({
			Auth: { Cognito: { userPoolId, userPoolClientId: clientId, userPoolEndpoint: endpoint } },
		});
		const [username, email] = ['amplify', 'amplify@example.com'];
		await auth.signUp({ username, password, options: { userAttributes: { email } } });
		await auth.confirmSignUp({ username, confirmationCode: await code(endpoint, email) });
		await auth.signIn({ username, password });
		const session = await auth.fetchAuthSession({ forceRefresh: true });
		const attributes = await auth.fetchUserAttributes();
		await auth.signOut({ global: true });
		const after = await auth.getCurrentUser().catch((error) => error.name);
		return {
			status: attributes.email_verified === 'true' ? 'CONFIRMED' : attributes,
			refreshed: session.tokens.accessToken.payload.username,
			afterSignOut: after === 'UserUnAuthenticatedException' ? 'NotAuthorizedException' : after,
		};
	},
	'amazon-cognito-identity-js': async ({ endpoint, userPoolId, clientId }) => {
		const promised = (run) => new Promise((resolve, reject) => {
			run((error, result) => (error ? reject(error) : resolve(result)));
		});
		const pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint });
		const [Username, email] = ['identity', 'identity@example.com'];
		const attribute = new CognitoUserAttribute({ Name: 'email', Value: email });
		await promised((done) => pool.signUp(Username, password, [attribute], null, done));
		const user = new CognitoUser({ Username, Pool: pool });
		const sent = await code(endpoint, email);
		await promised((done) => user.confirmRegistration(sent, false, done));
		const details = new AuthenticationDetails({ Username, Password: password });
		const session = await new Promise((onSuccess, onFailure) => {
			user.authenticateUser(details, { onSuccess, onFailure });
		});
		const refreshed = await promised((done) => user.refreshSession(session.getRefreshToken(), done));
		const read = await promised((done) => user.getUserAttributes(done));
		await new Promise((onSuccess, onFailure) => { user.globalSignOut({ onSuccess, onFailure }); });
		const after = await promised((done) => user.getUserAttributes(done)).catch((error) => error);
		return {
			status: read.some((one) => one.getName() === 'email' && one.getValue() === email) ? 'CONFIRMED' : read,
			refreshed: refreshed.getAccessToken().payload.username,
			// Without its tokens the library does not send the call.
			afterSignOut: after instanceof Error ? 'NotAuthorizedException' : after,
		};
	},
};

globalThis.names = Object.keys(clients);
globalThis.setUp = setUp;
globalThis.use = async (name, place) => {
	try {
		return await clients[name](place);
	} catch (error) {
		return { failed: `${error.name ?? error.code}: ${error.message}` };
	}
};
