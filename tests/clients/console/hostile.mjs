// Text that attackers choose: in every field that the pages show, it is text.

import { check } from '../domain.mjs';
import { api } from '../domain.mjs';
import { clean, settled } from './harness.mjs';

/** What runs a script in a page that takes text for HTML, a URL, a style or a template. */
const CORPUS = [
	`<script>globalThis.attacked=1</script>`,
	`<img src=x onerror="globalThis.attacked=1">`,
	`<svg/onload=globalThis.attacked=1>`,
	`"><iframe srcdoc="<script>parent.attacked=1</script>">`,
	`' onfocus='globalThis.attacked=1' autofocus='`,
	`javascript:globalThis.attacked=1`,
	`data:text/html,<script>attacked=1</script>`,
	`</textarea></title></style><script>globalThis.attacked=1</script>`,
	`<style>*{display:none}</style>`,
	`{{constructor.constructor('attacked=1')()}}`,
	`\${globalThis.attacked=1}`,
	`<a href="javascript:attacked=1">x</a>`,
	`<form action=//evil.example><button>`,
	`<base href="//evil.example/">`,
	`<meta http-equiv=refresh content="0;url=//evil.example">`,
	`<math><mi xlink:href="data:x,<script>attacked=1</script>">`,
	'`onmouseover=attacked=1`',
	`__proto__`,
	`constructor`,
	`\u202egnp.exe`,
	`%3Cscript%3Eattacked=1%3C/script%3E`,
];

/** The server shows invisible characters by their numbers. */
const shown = (text) => text.replaceAll('\u202e', '\\u{202e}');

export async function hostile({ browser, emulated }) {
	const call = api(emulated.api);
	const pool = await attackedPool(call);
	const page = await emulated.tab(browser);
	const open = (path, query = {}) => emulated.open(page, path, query, pool.id);
	const safe = async (name) => {
		await settled(page);
		const seen = await page.evaluate(() => ({
			attacked: globalThis.attacked,
			elements: [...document.querySelectorAll('main script, main iframe, main img, main form[action], base, main style, main meta, main math, main [onerror], main [onload], main [onfocus]')].map((one) => one.outerHTML),
			links: [...document.querySelectorAll('a')].map((one) => one.getAttribute('href')).filter((href) => href && !/^(#|https?:)/.test(href)),
		}));
		check(`hostile text: ${name} shows it as text`, seen.attacked === undefined && seen.elements.length === 0 && seen.links.length === 0, seen);
	};

	await open('users');
	await page.getByText(`${pool.users.length} users`).first().waitFor();
	await safe('the table of users');
	const names = await page.locator('tbody tr:not(.space) td:nth-child(4)').allTextContents();
	check('hostile text: each name is shown unchanged', CORPUS.every((text) => names.includes(shown(text))), { names });
	for (const [index, username] of pool.users.entries()) {
		await open(`users/${encodeURIComponent(username)}`);
		await page.locator('.attribute').filter({ hasText: shown(CORPUS[index]) }).first().waitFor();
		await safe(`user ${index}`);
	}
	await open(`users/${encodeURIComponent(pool.users[1])}`, { tab: 'sign-in' });
	await page.locator('.verdict').waitFor();
	await safe('the diagnosis');
	await open('groups');
	await page.getByText(CORPUS[1]).first().waitFor();
	await safe('groups');
	await open('groups', { group: pool.groups[1] });
	await page.getByText('Members').first().waitFor();
	await safe('a group');
	await open('clients');
	await page.getByText(pool.clientName).first().waitFor();
	await safe('app clients');
	await open(`clients/${pool.client}`);
	await page.getByText(pool.scheme).first().waitFor();
	await safe('an app client');
	await open('settings', { tab: 'audit' });
	await page.locator('.finding').first().waitFor();
	await safe('the audit');
	await open('');
	await page.getByText('Configuration').first().waitFor();
	await safe('Home');

	// The address itself, and what is searched for.
	for (const text of CORPUS) {
		await open(`users/${encodeURIComponent(text)}`, { tab: text });
		await safe(`the address ${text}`);
	}
	await open('users', { q: CORPUS[1], where: CORPUS[0] });
	await safe('the search');
	await question(page, pool, open);
	clean(page, 'hostile text');
	await page.context().close();
}

/** The server's question and errors contain names, too. */
async function question(page, pool, open) {
	const username = pool.users[1];
	await open(`users/${encodeURIComponent(username)}`);
	await page.getByRole('button', { name: 'Actions', exact: true }).click();
	await page.getByRole('menuitem', { name: 'Delete' }).click();
	await page.locator('dialog.danger').getByText('would delete user').waitFor();
	const seen = await page.evaluate(() => [globalThis.attacked, document.querySelectorAll('dialog img, dialog script, dialog svg[onload]').length]);
	check('hostile text: the question shows it as text', seen[0] === undefined && seen[1] === 0, seen);
	await page.keyboard.press('Escape');
}

/** A pool in which every text that a user or an application chooses is hostile. */
async function attackedPool(call) {
	const { UserPool } = await call('CreateUserPool', {
		PoolName: 'hostile',
		Schema: [{ Name: 'note', AttributeDataType: 'String', Mutable: true }],
	});
	const id = UserPool.Id;
	const users = [];
	const groups = [];
	for (const [index, text] of CORPUS.entries()) {
		// Names of groups and users have no spaces and no invisible characters.
		const plain = text.replaceAll(/[\s\p{C}]/gu, '_');
		const GroupName = plain.slice(0, 128);
		await call('CreateGroup', { UserPoolId: id, GroupName, Description: text });
		groups.push(GroupName);
		const Username = `${index}${plain}`.slice(0, 120);
		const attributes = { name: text, given_name: text, family_name: text, nickname: text, address: text, website: text, picture: text, profile: text, 'custom:note': text };
		await call('AdminCreateUser', {
			UserPoolId: id,
			Username,
			MessageAction: 'SUPPRESS',
			UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
		});
		await call('AdminAddUserToGroup', { UserPoolId: id, Username, GroupName });
		users.push(Username);
	}
	// Cognito refuses other characters in the name of a client.
	const clientName = 'onerror=attacked @,.';
	const scheme = 'javascript.attacked://x';
	const { UserPoolClient } = await call('CreateUserPoolClient', {
		UserPoolId: id,
		ClientName: clientName,
		CallbackURLs: [`${scheme}/callback`],
		AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthFlows: ['code'],
		AllowedOAuthScopes: ['openid'],
	});
	return { id, users, groups, client: UserPoolClient.ClientId, clientName, scheme };
}
