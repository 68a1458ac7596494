import assert from 'node:assert/strict';
import test from 'node:test';
import { adviceFor, isRead, isRefused, matches, resultOf, userOf, type Recorded } from './requests_reading.ts';

const call = (members: Partial<Recorded>): Recorded => ({ operation: 'SignUp', request_id: 'a', status: 200, ...members });

test('the user of a request is in one of four members', () => {
	assert.equal(userOf(call({ request: { Username: 'ana' } })), 'ana');
	assert.equal(userOf(call({ request: { AuthParameters: { USERNAME: 'ana' } } })), 'ana');
	assert.equal(userOf(call({ request: { ChallengeResponses: { USERNAME: 'ana' } } })), 'ana');
	assert.equal(userOf(call({ request: { form: { username: 'ana' } } })), 'ana');
	assert.equal(userOf(call({ request: { Username: '***' } })), undefined);
	assert.equal(userOf(call({ request: { AuthParameters: null } })), undefined);
});

test('a request is filtered by text, user and operation', () => {
	const one = call({ request: { Username: 'Ana' }, code: 'UsernameExistsException' });
	const filter = { text: '', user: '', operation: '' };
	assert.equal(matches(one, filter), true);
	assert.equal(matches(one, { ...filter, user: 'an' }), true);
	assert.equal(matches(one, { ...filter, user: 'ben' }), false);
	assert.equal(matches(one, { ...filter, text: 'exists signup' }), true);
	assert.equal(matches(one, { ...filter, text: 'exists other' }), false);
	assert.equal(matches(one, { ...filter, operation: 'ListUsers' }), false);
});

test('a cut connection is a refusal without a status', () => {
	const cut = { operation: 'SignUp', request_id: 'a', cut: 'BeforeEffects' };
	assert.equal(isRefused(cut), true);
	assert.equal(resultOf(cut), 'Connection cut');
	assert.equal(resultOf(call({})), '200');
});

test('the advice for the words of a sentence comes before the general one', () => {
	const advices = [{ exception: 'A', says: 'Incorrect', advice: 'special' }, { exception: 'A', advice: 'general' }];
	assert.equal(adviceFor(advices, 'Incorrect username or password.')?.advice, 'special');
	assert.equal(adviceFor(advices, 'Other')?.advice, 'general');
	assert.equal(adviceFor([], 'Other'), undefined);
});

test('operations that only read are known by their names', () => {
	for (const read of ['ListUsers', 'AdminGetUser', 'DescribeUserPool', 'GetUser']) assert.equal(isRead(read), true, read);
	for (const other of ['SignUp', 'AdminInitiateAuth', 'GetTokensFromRefreshToken', 'GetUserAttributeVerificationCode', 'domain/Login']) {
		assert.equal(isRead(other), false, other);
	}
	assert.equal(matches(call({ operation: 'ListUsers' }), { text: '', user: '', operation: '', withoutReads: true }), false);
});
