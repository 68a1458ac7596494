import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurations, issuerOf, type Target } from './configurations.ts';

const emulator: Target = { region: 'us-east-1', pool: 'us-east-1_A', client: 'web', endpoint: 'http://127.0.0.1:9229', backend: 'emulated' };
const aws: Target = { region: 'eu-west-1', pool: 'eu-west-1_B', client: 'web', backend: 'aws' };

test('the issuer is that of tokens', () => {
	assert.equal(issuerOf(emulator), 'http://127.0.0.1:9229/us-east-1_A');
	assert.equal(issuerOf(aws), 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_B');
});

test('configuration for AWS has no endpoint and no keys', () => {
	for (const one of configurations(aws)) {
		assert.ok(!/endpoint|any|insecure/i.test(one.text), one.text);
	}
});

test('configuration for the emulator has its address', () => {
	for (const one of configurations(emulator)) {
		assert.ok(one.text.includes('http://127.0.0.1:9229'), one.text);
	}
});

test('a client with a secret gets it from the environment', () => {
	const openid = configurations({ ...aws, hasSecret: true }).find((one) => one.id === 'openid');
	assert.match(openid?.text ?? '', /process\.env\.CLIENT_SECRET/);
});
