import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCommand, commandOf, dashed, quoted } from './aws_cli.ts';

test('names are those of the AWS CLI', () => {
	// From the reference of `aws cognito-idp` and its commands.
	const names = {
		AdminDeleteUser: 'admin-delete-user',
		SetUserMFAPreference: 'set-user-mfa-preference',
		GetCSVHeader: 'get-csv-header',
		ListWebAuthnCredentials: 'list-web-authn-credentials',
		CallbackURLs: 'callback-urls',
		LogoutURLs: 'logout-urls',
		AllowedOAuthFlowsUserPoolClient: 'allowed-o-auth-flows-user-pool-client',
		DefaultRedirectURI: 'default-redirect-uri',
		SMSMfaSettings: 'sms-mfa-settings',
		SoftwareTokenMfaSettings: 'software-token-mfa-settings',
		UserPoolId: 'user-pool-id',
	};
	for (const [name, expected] of Object.entries(names)) assert.equal(dashed(name), expected);
});

test('values are words of a shell', () => {
	assert.equal(quoted('ana@example.com'), 'ana@example.com');
	assert.equal(quoted("O'Hara $(rm -rf /) `x`"), `'O'\\''Hara $(rm -rf /) \`x\`'`);
	assert.equal(quoted(''), "''");
});

test('a command has a flag for each member', () => {
	const request = {
		operation: 'AdminUpdateUserAttributes',
		input: { UserPoolId: 'us-east-1_A', Username: 'ana', UserAttributes: [{ Name: 'name', Value: "O'Hara" }] },
	};
	assert.equal(
		awsCommand(request, { region: 'us-east-1', endpoint: 'http://127.0.0.1:9229' }),
		[
			'aws cognito-idp admin-update-user-attributes',
			'--region us-east-1',
			'--endpoint-url http://127.0.0.1:9229',
			'--user-pool-id us-east-1_A',
			'--username ana',
			`--user-attributes '[{"Name":"name","Value":"O'\\''Hara"}]'`,
		].join(' \\\n  '),
	);
});

test('lists of text are words, and booleans are flags', () => {
	const request = { operation: 'UpdateUserPoolClient', input: { CallbackURLs: ['https://a.example/', 'app://b c'], EnableTokenRevocation: false } };
	assert.equal(awsCommand(request), "aws cognito-idp update-user-pool-client --callback-urls https://a.example/ 'app://b c' --no-enable-token-revocation".replace(/ (--)/g, ' \\\n  $1'));
});

test('a value that the AWS CLI would read as a file or an option is sent as JSON', () => {
	for (const name of ['file:///etc/passwd', 'fileb://x', '--output']) {
		const command = awsCommand({ operation: 'AdminGetUser', input: { Username: name } });
		assert.ok(command.includes('--cli-input-json'), command);
		assert.ok(!command.includes('--username'), command);
	}
});

test('a request to a domain is a command of curl, and a control of the emulator has none', () => {
	const request = { operation: 'POST https://shop.example/oauth2/token', input: { grant_type: 'authorization_code', code: '***', code_verifier: null } };
	assert.equal(commandOf(request), ['curl https://shop.example/oauth2/token', '--data-urlencode grant_type=authorization_code', "--data-urlencode 'code=***'"].join(' \\\n  '));
	assert.equal(commandOf({ operation: 'AdminGetUser', input: { Username: 'ana' } }), 'aws cognito-idp admin-get-user --username ana');
	assert.equal(commandOf({ operation: 'reset_emulator', input: {} }), undefined);
});
