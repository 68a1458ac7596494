// aws-jwt-verify, AWS's verifier of tokens: ID and access tokens of a sign-in at the page, by the
// issuer and its keys. Its `CognitoJwtVerifier` accepts only issuers of AWS.
//
// usage: node aws_jwt_verify.mjs ENDPOINT

import { createRequire } from 'node:module';
import {
	Visitor, api, appClient, check, pkce, summary, user, userPool,
} from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const { JwtVerifier } = require('aws-jwt-verify');
const { JwtInvalidIssuerError, JwtInvalidSignatureError, KidNotFoundInJwksError } = require('aws-jwt-verify/error');
// Its own fetcher requires https.
const { SimpleJwksCache } = require('aws-jwt-verify/jwk');

const endpoint = process.argv[2];
const call = api(endpoint);
const redirect_uri = 'http://localhost:3000/';

/** A pool, and the tokens of a sign-in in it. */
async function signedIn(name) {
	const pool = await userPool(call, name);
	await user(call, pool, 'ana', { email: 'ana@example.com' });
	const { ClientId } = await appClient(call, pool, { CallbackURLs: [redirect_uri] });
	const { verifier, challenge } = pkce();
	const query = new URLSearchParams({
		client_id: ClientId,
		response_type: 'code',
		redirect_uri,
		scope: 'openid email',
		code_challenge: challenge,
		code_challenge_method: 'S256',
	});
	const returned = await new Visitor().signIn(`${endpoint}/oauth2/authorize?${query}`, 'ana');
	const answer = await fetch(`${endpoint}/oauth2/token`, {
		method: 'POST',
		body: new URLSearchParams({
			grant_type: 'authorization_code',
			client_id: ClientId,
			code: returned.searchParams.get('code'),
			redirect_uri,
			code_verifier: verifier,
		}),
	});
	return { pool, ClientId, tokens: await answer.json() };
}

const fetcher = { fetch: async (uri) => Buffer.from(await (await fetch(uri)).arrayBuffer()) };

/** A verifier of the tokens of `pool`. */
const verifier = (pool, properties) => JwtVerifier.create({
	issuer: `${endpoint}/${pool}`,
	jwksUri: `${endpoint}/${pool}/.well-known/jwks.json`,
	...properties,
}, { jwksCache: new SimpleJwksCache({ fetcher }) });

/** The name of the error that a promise is rejected with. */
const refusal = (promise) => promise.then(() => 'accepted', (error) => error.constructor);

const { pool, ClientId, tokens } = await signedIn('verifier');
const ofId = verifier(pool, { audience: ClientId });
const id = await ofId.verify(tokens.id_token);
check('the ID token is valid', id['cognito:username'] === 'ana' && id.email === 'ana@example.com' && id.token_use === 'id', id);

const ofAccess = verifier(pool, {
	audience: null,
	customJwtCheck: ({ payload }) => {
		if (payload.client_id !== ClientId) throw new Error('another app client');
	},
});
const access = await ofAccess.verify(tokens.access_token);
check('the access token is valid', access.username === 'ana' && access.scope === 'openid email', access);

check('another audience is refused',
	await refusal(verifier(pool, { audience: 'other' }).verify(tokens.id_token)) !== 'accepted');
const changed = `${tokens.id_token.slice(0, -8)}AAAAAAAA`;
check('a changed token is refused', await refusal(ofId.verify(changed)) === JwtInvalidSignatureError);

const other = await signedIn('other-verifier');
const foreign = await refusal(verifier(other.pool, { audience: ClientId }).verify(tokens.id_token));
check('a token of another pool is refused', foreign === KidNotFoundInJwksError, foreign);
const issuer = await refusal(verifier(pool, { audience: ClientId, issuer: endpoint }).verify(tokens.id_token));
check('another issuer is refused', issuer === JwtInvalidIssuerError, issuer);
summary('aws-jwt-verify');
