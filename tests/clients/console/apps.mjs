// The pages of MCP Apps in two clients that show them: the MCP Inspector, whose MCP client is in a
// process of its own and speaks stdio or HTTP, and `@mcp-ui/client`, whose MCP client is in the browser.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { check } from '../domain.mjs';
import { inspector, mcpUi } from './apps_hosts.mjs';
import { seed } from './harness.mjs';

const require = createRequire(`${process.cwd()}/`);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const ATTACK = '<img src=x onerror="globalThis.attacked=1"><script>globalThis.attacked=1</script>';

/** What a client has around a page, by its theme. */
const SURFACE = { light: '#fffdf8', dark: '#22262e' };

/** Styles of a client, as the specification names them. */
const styles = {
	variables: {
		'--color-text-primary': 'light-dark(#1a1200, #fff6e0)',
		'--color-text-secondary': 'not-a-colour(',
		'--font-sans': '"Of the client", serif',
	},
	css: { fonts: '@font-face { font-family: "Of the client"; src: local("DejaVu Serif"); }' },
};

export async function apps({ browser, binary, images, start }) {
	const server = await start('--empty', '--listen', '127.0.0.1:0', '--insecure');
	const { call, pool, web } = await seed(server.api, 'apps');
	await call('SignUp', { ClientId: web, Username: 'hugo', Password: 'Correct-Horse-7', UserAttributes: [{ Name: 'email', Value: 'hugo@example.com' }] });
	const given = { browser, images, pool, url: `${server.origin}/mcp` };
	await Promise.all([inInspector(given, binary), inMcpUi(given)]);
}

/** A tab that asks only servers of this machine. */
async function tab(browser, colorScheme) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US', colorScheme, permissions: ['clipboard-read', 'clipboard-write'] });
	const page = await context.newPage();
	page.setDefaultTimeout(15_000);
	page.outside = [];
	// The Inspector asks Google for its fonts.
	await page.route(/^https?:\/\/(?!127\.0\.0\.1[:/])/, (route) => {
		page.outside.push(route.request().url());
		return route.abort();
	});
	page.problems = [];
	page.on('pageerror', (error) => page.problems.push(error.message));
	page.on('console', (message) => {
		// A sandbox refuses the clipboard's interface, and the page then copies in another way.
		const isRefusal = /The Clipboard API has been blocked/.test(message.text());
		if (message.type() === 'error' && message.location().url.startsWith('about:') && !isRefusal) page.problems.push(message.text());
	});
	return page;
}

/** The page of MCP Apps: it is in the frame that the sandbox makes. */
async function app(page) {
	const frame = page.locator('iframe').contentFrame().locator('iframe');
	await frame.waitFor();
	return (await frame.elementHandle()).contentFrame();
}

/** What the frame of an app shows of it, and how it looks. */
const look = (frame) =>
	frame.evaluate(() => {
		const root = document.documentElement;
		const { fontFamily, color } = getComputedStyle(document.querySelector('main'));
		return {
			theme: root.dataset.theme,
			fontFamily,
			color,
			background: getComputedStyle(document.querySelector('#app')).backgroundColor,
			width: innerWidth,
		};
	});

/** Waits until the frame is as high as the app, and not narrower. */
const fits = (frame) =>
	frame.waitForFunction(() => {
		const root = document.documentElement;
		return Math.ceil(root.getBoundingClientRect().height) === innerHeight && root.scrollWidth === innerWidth;
	});

async function inInspector({ browser, images, pool, url }, binary) {
	const client = await inspector(binary);
	try {
		const open = async (colorScheme, tool, args) => {
			const page = await tab(browser, colorScheme);
			await page.goto(client.open(url, tool, { user_pool_id: pool, ...args }));
			await page.locator('[data-app-status="ready"]').waitFor();
			return { page, frame: await app(page) };
		};
		const done = async (name, { page, frame }) => {
			await fits(frame);
			await page.screenshot({ path: join(images, `app-inspector-${name}.png`) });
			check(`Inspector, ${name}: no errors`, page.problems.length === 0, page.problems);
			await page.context().close();
		};

		const user = await open('light', 'get_user', { username: 'ana' });
		await user.frame.getByRole('heading', { name: 'ana' }).waitFor();
		await fits(user.frame);
		const light = await look(user.frame);
		const around = await user.page.evaluate(() => getComputedStyle(document.body).fontFamily);
		check('Inspector: get_user over HTTP is shown, in its theme and font', light.theme === 'light' && light.fontFamily === around && light.background === 'rgba(0, 0, 0, 0)', { light, around });
		await user.frame.getByRole('button', { name: 'Copy sub' }).click();
		await user.frame.getByText('Copied').waitFor();
		const copied = await user.page.evaluate(() => navigator.clipboard.readText());
		check('Inspector: a value is copied out of the sandbox', /^[0-9a-f-]{36}$/.test(copied), copied);
		await user.page.getByRole('button', { name: 'Toggle color scheme' }).click();
		await user.frame.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
		const dark = await look(user.frame);
		check('Inspector: the page follows its theme', dark.color !== light.color, { light, dark });
		await user.page.getByRole('button', { name: 'Maximize' }).click();
		await user.frame.waitForFunction((before) => innerWidth > before, light.width);
		check('Inspector: the page follows its width', true);
		await user.page.getByRole('button', { name: 'Restore' }).click();
		await done('user', user);

		const change = await open('dark', 'update_user', { username: 'ana', attributes: { nickname: 'A' }, dry_run: true });
		await change.frame.getByText('Nothing was changed yet.').waitFor();
		check('Inspector: a dry run over HTTP is shown', true);
		await done('change', change);

		const outbox = await open('dark', 'read_outbox', { username: 'hugo' });
		await outbox.frame.getByText('hugo@example.com').waitFor();
		check('Inspector: read_outbox over HTTP is shown', true);
		await done('outbox', outbox);

		const page = await tab(browser, 'light');
		await page.goto(client.home);
		await page.getByRole('switch', { name: 'stdio' }).click({ force: true });
		await page.getByText('Apps', { exact: true }).click();
		await page.getByText('Rehearse changes', { exact: true }).waitFor();
		await page.getByText('Get user', { exact: true }).click();
		await page.getByRole('textbox', { name: 'username' }).fill('ben');
		await page.getByTestId('open-app').click();
		const frame = await app(page);
		await frame.getByRole('heading', { name: 'ben' }).waitFor();
		check('Inspector: get_user over stdio is shown', true);
		await done('stdio', { page, frame });
	} finally {
		await client.close();
	}
}

async function inMcpUi({ browser, images, pool, url }) {
	const client = await mcpUi(url);
	const show = async (name, theme, tool, args, more = {}) => {
		const page = await tab(browser, theme);
		await page.setViewportSize({ width: 680, height: 720 });
		await page.goto(client.origin);
		await page.addStyleTag({ content: `html { color-scheme: ${theme}; background: ${SURFACE[theme]} }` });
		await page.evaluate((given) => globalThis.show(...given), [tool, { user_pool_id: pool, ...args }, { hostContext: { theme }, ...more }]);
		return { name, theme, page, frame: await app(page) };
	};
	const answered = (structuredContent, more = {}) => ({ toolResult: { content: [], structuredContent }, ...more });
	try {
		const user = await show('user', 'light', 'get_user', { username: 'ana' });
		await user.frame.getByText('ana@example.com').waitFor();
		await user.frame.getByText('Verified', { exact: true }).waitFor();
		check('app of a user: the answer of get_user is shown', true);

		const changed = { username: 'ana', attributes: { nickname: 'A' } };
		const change = await show('change', 'dark', 'update_user', { ...changed, dry_run: true }, { hostContext: { theme: 'dark', styles } });
		await change.frame.getByRole('rowheader', { name: 'nickname' }).waitFor();
		await change.frame.getByText('Nothing was changed yet.').waitFor();
		const dark = await look(change.frame);
		check('app of a change: an answer of a dry run is shown in the styles of the client', dark.color === 'rgb(255, 246, 224)' && dark.fontFamily === '"Of the client", serif', dark);
		await change.page.evaluate((styles) => globalThis.change({ hostContext: { theme: 'light', styles } }), styles);
		await change.frame.waitForFunction(() => getComputedStyle(document.querySelector('main')).color === 'rgb(26, 18, 0)');
		check('app of a change: the theme follows the client', true);
		await change.page.evaluate(() => globalThis.change({ hostContext: { theme: 'dark' } }));
		await change.frame.waitForFunction(() => document.documentElement.dataset.theme === 'dark');

		const plan = await show('plan', 'light', 'plan_change', { calls: [{ tool: 'create_group', arguments: { group: 'planned' } }] });
		await plan.frame.getByText('The plan succeeds').waitFor();
		await plan.frame.getByText('Groups[planned]').waitFor();
		check('app of a change: the answer of plan_change is shown', true);

		const refused = await show('refused', 'dark', 'update_user', { ...changed, username: 'unknown' });
		await refused.frame.getByText('UserNotFoundException').waitFor();
		check('app of a change: an error is shown with its sentence', true);

		const cancelled = await show('cancelled', 'light', 'get_user', { username: 'ana' }, { toolResult: undefined });
		await cancelled.frame.getByText('Loading').waitFor({ state: 'attached' });
		await cancelled.page.evaluate(() => globalThis.change({ toolCancelled: true }));
		await cancelled.frame.getByText('The call was cancelled.').waitFor();
		check('app of a user: a cancelled call is shown as that', true);

		const outbox = await show('outbox', 'dark', 'read_outbox', { username: 'hugo' });
		await outbox.frame.getByText('hugo@example.com').waitFor();
		check('app of the outbox: the code is shown', /^\d{6}$/.test(await outbox.frame.locator('.app-code code').first().textContent()));

		const attacked = { username: ATTACK, status: ATTACK, enabled: true, attributes: { email: ATTACK, name: ATTACK }, groups: [ATTACK], mfa: [ATTACK] };
		const hostile = await show('hostile', 'light', 'get_user', {}, answered(attacked, { hostContext: {} }));
		await hostile.frame.getByRole('heading', { name: ATTACK }).waitFor();
		const own = await look(hostile.frame);
		check('app of a user: a client without a theme gets a page with a surface of its own', own.theme === undefined && own.background === 'rgb(255, 255, 255)', own);
		const mail = { code: ATTACK, purpose: ATTACK, destination: ATTACK, medium: 'EMAIL', subject: ATTACK, body: `<p>text</p>${ATTACK}`, sent_at: ATTACK };
		const hostileMail = await show('hostile-mail', 'dark', 'read_outbox', {}, answered({ messages: [mail], older: 0 }));
		await hostileMail.frame.locator('.app-subject').waitFor();

		for (const one of [user, change, plan, refused, cancelled, outbox, hostile, hostileMail]) await inspect(one, images);
	} finally {
		client.close();
	}
}

/** Checks what holds for every page in `@mcp-ui/client`. */
async function inspect({ name, theme, page, frame }, images) {
	const seen = await frame.evaluate(() => [globalThis.attacked, document.querySelectorAll('img, a, main script').length]);
	check(`app, ${name}: text stays text`, seen.every((one) => !one), seen);
	await fits(frame);
	await page.screenshot({ path: join(images, `app-${name}.png`) });
	// The client gives the frame the size that the page asked for, but the width stays the client's.
	const { width } = await look(frame);
	await page.setViewportSize({ width: 400, height: 720 });
	await frame.waitForFunction((before) => innerWidth === before - 280, width);
	await fits(frame);
	await page.screenshot({ path: join(images, `app-${name}-narrow.png`) });
	check(`app, ${name} follows the width of the client, and is shown without scroll bars`, true);

	// axe does not see what is behind a frame.
	await frame.evaluate((surface) => { document.documentElement.style.background = surface; }, SURFACE[theme]);
	await frame.evaluate(axe);
	const { violations } = await frame.evaluate(() => globalThis.axe.run());
	check(`app, ${name} passes axe`, violations.length === 0, violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`));
	const { fromApp, sizes, links, errors } = await page.evaluate(() => globalThis.seen);
	check(`app, ${name} follows the protocol`, fromApp[0] === 'ui/initialize' && fromApp[1] === 'ui/notifications/initialized' && sizes.at(-1).height > 50 && sizes.every((size) => size.width === undefined), { fromApp, sizes });
	// The component sends its context before it is connected.
	const problems = page.problems.filter((one) => one !== 'Not connected');
	check(`app, ${name} has no errors and asks for nothing`, [problems, errors, links, page.outside].flat().length === 0, { problems, errors, links, outside: page.outside });
	await page.context().close();
}
