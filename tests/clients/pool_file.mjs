// amazon-cognito-identity-js with ids that are known in advance.
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
const claims = session.getIdToken().payload;
if (claims.sub !== 'ana' || claims['cognito:groups'][0] !== 'admins' || claims['custom:plan'] !== 'gold') {
	console.error('FAILED: amazon-cognito-identity-js signs in by SRP:', claims);
	process.exit(1);
}
console.log('ok: amazon-cognito-identity-js signs in by SRP');
