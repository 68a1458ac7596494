// amazon-cognito-identity-js and Amplify with ids that are known in advance.
//
// usage: node pool_file.mjs ENDPOINT

import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const { AuthenticationDetails, CognitoUser, CognitoUserPool } = require('amazon-cognito-identity-js');

const endpoint = process.argv[2];
const Pool = new CognitoUserPool({ UserPoolId: 'us-east-1_Shop', ClientId: 'shopweb', endpoint });
const user = new CognitoUser({ Username: 'ana@example.com', Pool });
const details = new AuthenticationDetails({ Username: 'ana@example.com', Password: 'Correct-Horse-7' });
const session = await new Promise((onSuccess, onFailure) => {
	user.authenticateUser(details, { onSuccess, onFailure });
});
check('amazon-cognito-identity-js', session.getIdToken().payload);

const { Amplify } = require('aws-amplify');
const { fetchAuthSession, signIn } = require('aws-amplify/auth');
Amplify.configure({
	Auth: { Cognito: { userPoolId: 'us-east-1_Shop', userPoolClientId: 'shopweb', userPoolEndpoint: endpoint } },
});
await signIn({ username: 'ana@example.com', password: 'Correct-Horse-7' });
const { tokens } = await fetchAuthSession();
check('Amplify', tokens.idToken.payload);

function check(client, claims) {
	if (claims.sub !== 'ana' || claims['cognito:groups'][0] !== 'admins' || claims['custom:plan'] !== 'gold') {
		console.error(`FAILED: ${client} signs in by SRP:`, claims);
		process.exit(1);
	}
	console.log(`ok: ${client} signs in by SRP`);
}
