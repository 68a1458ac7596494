// Configuration of applications and MCP clients for a pool and an app client, to copy.

export interface Target {
	region: string;
	pool: string;
	client?: string;
	/** The address of the emulator's API. Absent: AWS. */
	endpoint?: string;
	/** Whether the server works on AWS, or on another emulator as it works on AWS. */
	backend: 'emulated' | 'aws';
	hasSecret?: boolean;
	/** Where sign-ins return to, and the scopes, if the client uses the sign-in pages. */
	redirect?: string;
	scopes?: string[];
	/** The address of the sign-in pages. */
	domain?: string;
}

export interface Configuration {
	id: string;
	label: string;
	/** The kind of text, for its label. */
	kind: string;
	text: string;
	note?: string;
}

/** The issuer in tokens, which OpenID Connect libraries start from. */
export function issuerOf(target: Target): string {
	const base = target.endpoint ?? `https://cognito-idp.${target.region}.amazonaws.com`;
	return `${base.replace(/\/$/, '')}/${target.pool}`;
}

export function configurations(target: Target): Configuration[] {
	const client = target.client ?? 'CLIENT_ID';
	return [amplify(target, client), javascript(target), python(target), openid(target, client), cli(target), mcp(target)];
}

function amplify(target: Target, client: string): Configuration {
	const lines = [`userPoolId: ${js(target.pool)},`, `userPoolClientId: ${js(client)},`];
	if (target.endpoint) lines.push(`userPoolEndpoint: ${js(target.endpoint)},`);
	return {
		id: 'amplify',
		label: 'Amplify',
		kind: 'JavaScript',
		text: `import { Amplify } from 'aws-amplify';

Amplify.configure({
  Auth: {
    Cognito: {
      ${lines.join('\n      ')}
    },
  },
});`,
		...(target.hasSecret ? { note: 'Amplify cannot use an app client that has a secret.' } : {}),
	};
}

function javascript(target: Target): Configuration {
	const lines = [`region: ${js(target.region)},`];
	if (target.endpoint) {
		lines.unshift(`endpoint: ${js(target.endpoint)},`);
		lines.push("credentials: { accessKeyId: 'any', secretAccessKey: 'any' },");
	}
	return {
		id: 'javascript',
		label: 'AWS SDK (JavaScript)',
		kind: 'JavaScript',
		text: `import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';

const cognito = new CognitoIdentityProvider({
  ${lines.join('\n  ')}
});
const { UserPool } = await cognito.describeUserPool({ UserPoolId: ${js(target.pool)} });`,
	};
}

function python(target: Target): Configuration {
	const more = target.endpoint
		? `,\n    endpoint_url=${JSON.stringify(target.endpoint)},\n    aws_access_key_id="any",\n    aws_secret_access_key="any",\n`
		: ',\n';
	return {
		id: 'python',
		label: 'AWS SDK (Python)',
		kind: 'Python',
		text: `import boto3

cognito = boto3.client(
    "cognito-idp",
    region_name=${JSON.stringify(target.region)}${more})
pool = cognito.describe_user_pool(UserPoolId=${JSON.stringify(target.pool)})["UserPool"]`,
	};
}

function openid(target: Target, client: string): Configuration {
	const insecure = target.endpoint?.startsWith('http:');
	const secret = target.hasSecret ? 'process.env.CLIENT_SECRET' : 'undefined';
	const auth = target.hasSecret ? 'oidc.ClientSecretBasic(process.env.CLIENT_SECRET)' : 'oidc.None()';
	const execute = insecure ? ', {\n  // Permits http. Leave it out on AWS.\n  execute: [oidc.allowInsecureRequests],\n}' : '';
	return {
		id: 'openid',
		label: 'OpenID Connect',
		kind: 'JavaScript',
		text: `import * as oidc from 'openid-client';

const issuer = new URL(${js(issuerOf(target))});
const config = await oidc.discovery(issuer, ${js(client)}, ${secret}, ${auth}${execute});
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: ${js(target.redirect ?? 'http://localhost:3000/callback')},
  scope: ${js(target.scopes?.join(' ') || 'openid email')},
});`,
		note: 'Other libraries need the issuer, the client id and the callback only.',
	};
}

function cli(target: Target): Configuration {
	const endpoint = target.endpoint ? ` --endpoint-url ${target.endpoint}` : '';
	const keys = target.endpoint ? 'export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n' : '';
	return {
		id: 'cli',
		label: 'AWS CLI',
		kind: 'commands',
		text: `${keys}aws cognito-idp list-users --user-pool-id ${target.pool} --region ${target.region}${endpoint}`,
	};
}

/** An entry for MCP clients. A client joins the emulator as it would use AWS. */
function mcp(target: Target): Configuration {
	const args = ['serve', '--backend', 'aws', '--region', target.region, '--user-pool-id', target.pool];
	if (target.endpoint) args.push('--endpoint-url', target.endpoint, '--allow-writes');
	return {
		id: 'mcp',
		label: 'MCP clients',
		kind: 'JSON',
		text: JSON.stringify({ mcpServers: { cognito: { command: 'cognito-mcp', args } } }, null, 2),
		note: `\`cognito-mcp init claude-code\` and its relatives write an entry into the client's own file.${target.endpoint ? '' : ' The entry only reads; `--allow-writes` lets the agent write.'}`,
	};
}

function js(text: string): string {
	return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
