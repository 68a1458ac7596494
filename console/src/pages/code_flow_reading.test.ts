import assert from 'node:assert/strict';
import test from 'node:test';
import { callbackOf, challengeOf, newAttempt, pageOf, tokensOf } from './code_flow_reading.ts';

test('the challenge is that of RFC 7636, appendix B', async () => {
	assert.equal(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('two attempts have nothing in common', async () => {
	const [one, other] = [await newAttempt(), await newAttempt()];
	assert.notEqual(one.state, other.state);
	assert.notEqual(one.verifier, other.verifier);
	assert.equal(one.challenge, await challengeOf(one.verifier ?? ''));
});

test('the redirect back is compared with the request', () => {
	const attempt = { state: 's', nonce: 'n' };
	assert.deepEqual(callbackOf('http://localhost:3000?code=c&state=s', attempt, 'http://localhost:3000'), { code: 'c', state: 's', sameState: true, sameAddress: true });
	assert.deepEqual(callbackOf('http://localhost:4000/?error=access_denied&error_description=No', attempt, 'http://localhost:3000'), {
		error: 'access_denied', description: 'No', sameState: false, sameAddress: false,
	});
	assert.equal(callbackOf('not an address', attempt, 'http://localhost:3000'), undefined);
});

test('tokens are the answer of the token endpoint, or one token', () => {
	assert.deepEqual(tokensOf('{"access_token":"a","id_token":"b"}'), { access_token: 'a', id_token: 'b' });
	assert.deepEqual(tokensOf(' a.b.c '), { access_token: 'a.b.c' });
	assert.equal(tokensOf('{"error":"invalid_grant"}'), undefined);
	assert.equal(tokensOf('text'), undefined);
});

test('a page of the domain keeps the parameters', () => {
	assert.equal(pageOf('https://a.example/oauth2/authorize?client_id=x&lang=de', '/signup'), 'https://a.example/signup?client_id=x&lang=de');
});
