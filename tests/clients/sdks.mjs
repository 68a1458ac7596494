// The TypeScript SDKs, v1 and v2, against the server on stdio and over HTTP.
//
// usage: sdks.mjs FOLDER-WITH-NODE-MODULES BINARY URL TOKEN
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, binary, url, token] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const load = name => import(pathToFileURL(require.resolve(name)).href);
const info = { name: 'test', version: '0' };
const requestInit = { headers: { authorization: `Bearer ${token}` } };
let passed = 0;

function check(name, holds, seen) {
  if (!holds) {
    console.error(`FAILED: ${name}: ${JSON.stringify(seen)}`);
    process.exit(1);
  }
  passed += 1;
  console.log(`ok: ${name}`);
}

async function drive(name, client, transport) {
  await client.connect(transport);
  const { tools } = await client.listTools();
  check(`${name}: tools are listed`, tools.some(tool => tool.name === 'create_user'), tools);
  const username = `user-${Math.random().toString(36).slice(2)}`;
  const refused = await client.callTool({
    name: 'create_user', arguments: { user_name: username, message_action: 'suppress' },
  });
  const text = refused.content?.[0]?.text ?? '';
  check(`${name}: the correction is shown`,
    refused.isError === true && text.startsWith('Error: ') && text.includes('Please retry with create_user'), refused);
  const { retry } = JSON.parse(text.split('\n')[1]);
  const created = await client.callTool({ name: retry.tool, arguments: retry.arguments });
  check(`${name}: the retry succeeds`, !created.isError && created.structuredContent, created);
  await client.close();
}

const v1 = await load('@modelcontextprotocol/sdk/client/index.js');
const v1Stdio = await load('@modelcontextprotocol/sdk/client/stdio.js');
const v1Http = await load('@modelcontextprotocol/sdk/client/streamableHttp.js');
await drive('TypeScript v1, stdio', new v1.Client(info), new v1Stdio.StdioClientTransport({ command: binary }));
await drive('TypeScript v1, HTTP', new v1.Client(info),
  new v1Http.StreamableHTTPClientTransport(new URL(url), { requestInit }));

const v2 = await load('@modelcontextprotocol/client');
const v2Stdio = await load('@modelcontextprotocol/client/stdio');
for (const mode of ['legacy', 'auto', { pin: '2026-07-28' }]) {
  const name = typeof mode === 'string' ? mode : mode.pin;
  const client = () => new v2.Client(info, { versionNegotiation: { mode } });
  await drive(`TypeScript v2 (${name}), stdio`, client(), new v2Stdio.StdioClientTransport({ command: binary }));
  await drive(`TypeScript v2 (${name}), HTTP`, client(),
    new v2.StreamableHTTPClientTransport(new URL(url), { requestInit }));
}
console.log(`${passed} passed, 0 failed`);
