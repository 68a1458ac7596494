// The OAuth client of MCP's TypeScript SDK against the MCP server over HTTP, with the emulator as
// the authorization server: discovery, the sign-in page, and a call of a tool.
//
// usage: node mcp_oauth.mjs ENDPOINT BINARY

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
	Visitor, api, appClient, check, summary, user, userPool,
} from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const load = async (path) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${path}`)).href);
const { Client } = await load('client/index.js');
const { StreamableHTTPClientTransport } = await load('client/streamableHttp.js');
const { UnauthorizedError } = await load('client/auth.js');

const [endpoint, binary] = process.argv.slice(2);
const call = api(endpoint);
const callback = 'http://localhost:3000/callback';
const scope = 'openid';

/** Starts the MCP server, which admits tokens of `issuer`; returns its URL and its process. */
async function mcpServer(issuer) {
	const server = spawn(binary, ['serve', '--http', '127.0.0.1:0', '--oauth-issuer', issuer, '--oauth-scope', scope], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let notes = '';
	for await (const chunk of server.stderr) {
		notes += chunk;
		const found = /MCP is at (\S+)\./.exec(notes);
		if (found) return { server, url: new URL(found[1]) };
	}
	throw new Error(`the MCP server did not start: ${notes}`);
}

/** The state of one client. The app client is known, because Cognito registers none. */
function provider(clientId) {
	const kept = {};
	return {
		redirectUrl: callback,
		clientMetadata: { redirect_uris: [callback], client_name: 'test' },
		clientInformation: () => ({ client_id: clientId }),
		state: () => 'state-1',
		tokens: () => kept.tokens,
		saveTokens: (tokens) => { kept.tokens = tokens; },
		redirectToAuthorization: (url) => { kept.url = url; },
		saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
		codeVerifier: () => kept.verifier,
		kept,
	};
}

const pool = await userPool(call, 'mcp-oauth');
await user(call, pool, 'ana', { email: 'ana@example.com', email_verified: 'true' });
const { server, url } = await mcpServer(`${endpoint}/${pool}`);
try {
	const { ClientId } = await appClient(call, pool, { CallbackURLs: [callback] });
	// A token is bound to the MCP server (RFC 8707) if a resource server has its URL as identifier.
	await call('CreateResourceServer', { UserPoolId: pool, Identifier: url.href, Name: 'mcp' });

	const auth = provider(ClientId);
	const transport = new StreamableHTTPClientTransport(url, { authProvider: auth });
	const refused = await new Client({ name: 'test', version: '1' }).connect(transport).catch((error) => error);
	check('the server requires a sign-in', refused instanceof UnauthorizedError, refused);
	const asked = auth.kept.url;
	check('the client found the sign-in page', asked.href.startsWith(`${endpoint}/oauth2/authorize?`), asked.href);
	check('the client names the MCP server', asked.searchParams.get('resource') === url.href, asked.href);
	check('the client requests the scope', asked.searchParams.get('scope') === scope, asked.href);

	const returned = await new Visitor().signIn(asked.href, 'ana');
	check('the sign-in returns a code', returned.searchParams.has('code'), returned.href);
	await transport.finishAuth(returned.searchParams.get('code'));
	check('the client has tokens', auth.kept.tokens.refresh_token !== undefined, auth.kept.tokens);
	const claims = JSON.parse(Buffer.from(auth.kept.tokens.access_token.split('.')[1], 'base64url'));
	check('the token is for the MCP server', claims.aud === url.href, claims);

	const client = new Client({ name: 'test', version: '1' });
	await client.connect(new StreamableHTTPClientTransport(url, { authProvider: auth }));
	const answer = await client.callTool({ name: 'list_pools', arguments: {} });
	check('a tool is called', answer.isError !== true && answer.content[0].text.includes('demo'), answer);
	await client.close();
	summary("MCP's TypeScript SDK with OAuth");
} finally {
	server.kill();
}
