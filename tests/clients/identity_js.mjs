// amazon-cognito-identity-js, written against real Cognito: signs up, confirms,
// signs in by SRP, refreshes and changes a password, as an app in a browser does.
//
// usage: node identity_js.mjs ENDPOINT

import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const {
	AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool,
} = require('amazon-cognito-identity-js');

const endpoint = process.argv[2];
const password = 'Correct-Horse-7';
let passed = 0;

function check(name, holds, seen) {
	if (!holds) {
		console.error(`FAILED: ${name}:`, seen);
		process.exit(1);
	}
	passed += 1;
	console.log(`ok: ${name}`);
}

/** Calls an operation that the library does not have, unsigned or with any signature. */
async function call(operation, input) {
	const answer = await fetch(endpoint, {
		method: 'POST',
		headers: {
			'content-type': 'application/x-amz-json-1.1',
			'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
			authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=any',
		},
		body: JSON.stringify(input),
	});
	const body = await answer.json();
	if (!answer.ok) throw new Error(JSON.stringify(body));
	return body;
}

/** A promise of what a callback in the style of Node is given. */
const promised = (run) => new Promise((resolve, reject) => {
	run((error, result) => (error ? reject(error) : resolve(result)));
});

const created = await call('CreateUserPool', { PoolName: 'js', AutoVerifiedAttributes: ['email'] });
const UserPoolId = created.UserPool.Id;
const made = await call('CreateUserPoolClient', { UserPoolId, ClientName: 'app' });
const pool = new CognitoUserPool({ UserPoolId, ClientId: made.UserPoolClient.ClientId, endpoint });

const email = new CognitoUserAttribute({ Name: 'email', Value: 'ana@example.com' });
const weak = await promised((done) => pool.signUp('ana', 'password123', [email], null, done)).catch((error) => error);
check('a weak password is refused by name', weak.code === 'InvalidPasswordException'
	&& weak.message === 'Password did not conform with policy: Password must have uppercase characters', weak);
const signedUp = await promised((done) => pool.signUp('ana', password, [email], null, done));
check('signed up', signedUp.userConfirmed === false && signedUp.codeDeliveryDetails.Destination === 'a***@e***', signedUp);

const outbox = await (await fetch(`${endpoint}/_emulator/outbox?recipient=ana@example.com`)).json();
const user = new CognitoUser({ Username: 'ana', Pool: pool });
await promised((done) => user.confirmRegistration(outbox.messages[0].code, false, done));
check('confirmed', true);

const signIn = (Password) => new Promise((resolve, reject) => {
	user.authenticateUser(new AuthenticationDetails({ Username: 'ana', Password }), {
		onSuccess: resolve,
		onFailure: reject,
		newPasswordRequired: () => reject(new Error('a new password is asked for')),
	});
});
const wrong = await signIn('Wrong-Horse-7').catch((error) => error);
check('a wrong password is refused', wrong.code === 'NotAuthorizedException'
	&& wrong.message === 'Incorrect username or password.', wrong);
const session = await signIn(password);
check('signed in by SRP', session.isValid() && session.getIdToken().payload.email === 'ana@example.com',
	session.getIdToken().payload);

const renewed = await promised((done) => user.refreshSession(session.getRefreshToken(), done));
check('refreshed', renewed.isValid()
	&& renewed.getAccessToken().payload.jti !== session.getAccessToken().payload.jti, renewed);

const attributes = await promised((done) => user.getUserAttributes(done));
check('attributes are read', attributes.some((one) => one.getName() === 'email' && one.getValue() === 'ana@example.com'), attributes);

await promised((done) => user.changePassword(password, 'Another-Horse-8', done));
const stale = await signIn(password).catch((error) => error);
check('the old password is refused', stale.code === 'NotAuthorizedException', stale);
check('signed in by the new one', (await signIn('Another-Horse-8')).isValid());

await new Promise((resolve, reject) => { user.globalSignOut({ onSuccess: resolve, onFailure: reject }); });
const revoked = await promised((done) => user.getUserAttributes(done)).catch((error) => error);
check('signed out', revoked.code === 'NotAuthorizedException' && revoked.message === 'Access Token has been revoked', revoked);
console.log(`${passed} passed, 0 failed`);
