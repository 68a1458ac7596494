// The pages of MCP Apps in a chat client: it is a page that shows them in a sandbox, under the
// policy of the extension, and sends them answers of the server.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { check } from '../domain.mjs';
import { seed } from './harness.mjs';

const require = createRequire(`${process.cwd()}/`);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const dist = join(import.meta.dirname, '../../../console/dist');

/** What a host allows a page that declares nothing else. */
const POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

const ATTACK = '<img src=x onerror="globalThis.attacked=1"><script>globalThis.attacked=1</script>';

export async function apps({ browser, images, emulated }) {
	const context = await browser.newContext({ viewport: { width: 600, height: 640 }, locale: 'en-US' });
	const answer = await answers(browser, emulated);
	const show = async (name, result, theme = 'light') => {
		const page = await shown(context, name, result, theme);
		return { page, app: page.frameLocator('iframe') };
	};

	const user = await show('user', answer.user);
	await user.app.getByRole('heading', { name: 'ana' }).waitFor();
	await user.app.getByText('ana@example.com').waitFor();
	await user.app.getByText('Verified', { exact: true }).waitFor();
	check('app of a user: the answer of get_user is shown', true);
	const change = await show('change', answer.change, 'dark');
	await change.app.getByText('What would change').waitFor();
	await change.app.getByRole('rowheader', { name: 'nickname' }).waitFor();
	await change.app.getByText('Nothing was changed yet.').waitFor();
	check('app of a change: the answer of a dry run is shown', true);
	const plan = await show('change', answer.plan);
	await plan.app.getByText('The plan succeeds').waitFor();
	await plan.app.getByText('Groups[planned]').waitFor();
	check('app of a change: the answer of plan_change is shown', true);
	const refused = await show('change', answer.refused);
	await refused.app.getByText('UserNotFoundException').waitFor();
	check('app of a change: an error is shown with its sentence', true);
	const outbox = await show('outbox', answer.outbox, 'dark');
	await outbox.app.getByText('hugo@example.com').waitFor();
	check('app of the outbox: the code is shown', /^\d{6}$/.test(await outbox.app.locator('.app-code code').first().textContent()));

	const attacked = { username: ATTACK, status: ATTACK, enabled: true, attributes: { email: ATTACK, name: ATTACK }, groups: [ATTACK], mfa: [ATTACK] };
	const hostile = await show('user', { content: [], structuredContent: attacked });
	await hostile.app.getByRole('heading', { name: ATTACK }).waitFor();
	const mail = { code: ATTACK, purpose: ATTACK, destination: ATTACK, medium: 'EMAIL', subject: ATTACK, body: `<p>text</p>${ATTACK}`, sent_at: ATTACK };
	const hostileMail = await show('outbox', { content: [], structuredContent: { messages: [mail], older: 0 } });
	await hostileMail.app.locator('.app-subject').waitFor();

	for (const [name, { page }] of Object.entries({ user, change, plan, refused, outbox, hostile, hostileMail })) {
		const frame = page.frames().at(-1);
		const seen = await frame.evaluate(() => [globalThis.attacked, document.querySelectorAll('img').length, document.querySelectorAll('main script').length]);
		check(`app, ${name}: text stays text`, seen.every((one) => !one), seen);
		await frame.evaluate(axe);
		const { violations } = await frame.evaluate(() => globalThis.axe.run());
		check(`app, ${name} passes axe`, violations.length === 0, violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`));
		const { methods, height } = await page.evaluate(() => ({ methods: seen.map((one) => one.method), height: seen.findLast((one) => one.method === 'ui/notifications/size-changed')?.params.height }));
		check(`app, ${name} follows the protocol`, methods[0] === 'ui/initialize' && methods[1] === 'ui/notifications/initialized' && height > 50, { methods, height });
		check(`app, ${name} has no errors`, page.problems.length === 0, page.problems);
		await page.screenshot({ path: join(images, `app-${name}.png`) });
	}
	await context.close();
}

/** A chat client with one page of MCP Apps, which got `result`. */
async function shown(context, name, result, theme) {
	const page = await context.newPage();
	page.setDefaultTimeout(10_000);
	page.problems = [];
	page.on('pageerror', (error) => page.problems.push(error.message));
	page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
	page.on('request', (request) => !/^(data|about):/.test(request.url()) && page.problems.push(`request: ${request.url()}`));
	await page.setContent('<body><iframe title="app" sandbox="allow-scripts" style="width:100%;height:600px;border:0"></iframe>');
	const html = readFileSync(join(dist, `app-${name}.html`), 'utf8').replace('<meta charset', `<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset`);
	await page.evaluate(
		([html, result, theme]) => {
			const frame = document.querySelector('iframe');
			const send = (message) => frame.contentWindow.postMessage({ jsonrpc: '2.0', ...message }, '*');
			globalThis.seen = [];
			addEventListener('message', ({ data }) => {
				seen.push(data);
				if (data.method === 'ui/initialize') {
					send({ id: data.id, result: { protocolVersion: data.params.protocolVersion, hostInfo: { name: 'test', version: '1' }, hostCapabilities: {}, hostContext: { theme } } });
				} else if (data.method === 'ui/notifications/initialized') {
					send({ method: 'ui/notifications/tool-input', params: { arguments: {} } });
					send({ method: 'ui/notifications/tool-result', params: result });
				}
			});
			frame.srcdoc = html;
		},
		[html, result, theme],
	);
	return page;
}

/** Results of tools, as the server gives them to its clients. */
async function answers(browser, server) {
	const { call, pool, web } = await seed(server.api, 'apps');
	await call('SignUp', { ClientId: web, Username: 'hugo', Password: 'Correct-Horse-7', UserAttributes: [{ Name: 'email', Value: 'hugo@example.com' }] });
	const page = await server.tab(browser);
	await server.open(page, '', {}, pool);
	const tool = (name, args) =>
		page.evaluate(
			async ([name, args]) => {
				const revision = '2026-07-28';
				const meta = { 'io.modelcontextprotocol/protocolVersion': revision, 'io.modelcontextprotocol/clientCapabilities': {}, 'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' } };
				const response = await fetch('../mcp', {
					method: 'POST',
					headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': revision, 'mcp-method': 'tools/call', 'mcp-name': name },
					body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta: meta } }),
				});
				const text = await response.text();
				const last = text.split('\n').filter((line) => /^(data: ?)?\{/.test(line)).at(-1);
				return JSON.parse(last.replace(/^data: ?/, '')).result;
			},
			[name, { user_pool_id: pool, ...args }],
		);
	const changed = { username: 'ana', attributes: { nickname: 'A' } };
	const found = {
		user: await tool('get_user', { username: 'ana' }),
		change: await tool('update_user', { ...changed, dry_run: true }),
		plan: await tool('plan_change', { calls: [{ tool: 'create_group', arguments: { group: 'planned' } }] }),
		refused: await tool('update_user', { ...changed, username: 'unknown' }),
		outbox: await tool('read_outbox', { username: 'hugo' }),
	};
	await page.context().close();
	return found;
}
