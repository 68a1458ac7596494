// Every page on each backend: its heading and content, axe, a phone's width, no errors.

import { check } from '../domain.mjs';
import { accessible, captured, clean, settled } from './harness.mjs';

/** Addresses, with a text that the page shows. */
const PAGES = (world) => [
	['home', '', {}, 'Configuration'],
	['users', 'users', {}, 'ana@example.com'],
	['user', 'users/ana', {}, 'Attributes'],
	['user-sign-in', 'users/cleo', { tab: 'sign-in' }, 'Cannot sign in'],
	['user-factors', 'users/ana', { tab: 'factors' }, 'Devices'],
	['user-events', 'users/ana', { tab: 'events' }, 'Events need threat protection'],
	['groups', 'groups', { group: 'staff' }, 'Members'],
	['clients', 'clients', {}, 'Check a sign-in URL'],
	['client', `clients/${world.service}`, {}, 'Sign-in flows'],
	['settings', 'settings', {}, 'Deletion protection'],
	['audit', 'settings', { tab: 'audit' }, 'MFA is OFF'],
];

/** Pages whose content on AWS differs from that on the emulator, where the parts of the emulator
 * capture them in use. */
const PAGES_ON_AWS = [
	['sign-in', 'sign-in', {}, 'Open the page'],
	['sign-in-flow', 'sign-in', { tab: 'flow' }, 'code_challenge_method'],
	['state', 'state', {}, 'Export the pool'],
	['mail', 'mail', {}, 'Only the emulator has this page'],
	['requests', 'requests', {}, 'Only the emulator has this page'],
	['clock', 'clock', {}, 'Only the emulator has this page'],
];

export async function pages({ browser, images, emulated, aws, readOnly }) {
	const shown = async ([backend, server]) => {
		const page = await server.tab(browser);
		const ofAws = backend === 'emulated' ? [] : PAGES_ON_AWS;
		for (const [name, path, query, text] of [...PAGES(server.world), ...ofAws]) {
			const title = `${backend}: ${name}`;
			await server.open(page, path, query);
			await page.locator('main').getByText(text).first().waitFor();
			await settled(page);
			check(`${title} is shown`, true);
			await accessible(page, title);
			await captured(page, images, backend === 'emulated' ? name : `${backend}-${name}`);
			clean(page, title);
		}
		await frame(page, backend, server);
		await page.context().close();
	};
	await Promise.all([...Object.entries({ emulated, aws, readOnly }).map(shown), empty(browser, images, emulated)]);
}

/** What the server works on, and what it allows, are on every page. */
async function frame(page, backend, server) {
	const top = page.locator('header.top');
	await top.getByText(backend === 'emulated' ? 'Emulator' : 'AWS', { exact: true }).waitFor();
	await top.getByText('us-east-1', { exact: true }).waitFor();
	const allowed = await top.locator('.allowed').textContent();
	check(`${backend}: the page says what is allowed`, backend === 'readOnly' ? allowed === 'Read only' : /delete/.test(allowed), allowed);
	check(`${backend}: the pool is chosen`, (await top.locator('select').inputValue()) === server.world.pool);
}

/** A pool without content says how to begin. */
async function empty(browser, images, server) {
	const { UserPool } = await server.world.call('CreateUserPool', { PoolName: 'empty' });
	const page = await server.tab(browser);
	for (const [name, path, text] of [
		['users-empty', 'users', 'No users yet'],
		['groups-empty', 'groups', 'No groups yet'],
		['clients-empty', 'clients', 'No app clients yet'],
	]) {
		await server.open(page, path, {}, UserPool.Id);
		await page.getByText(text).waitFor();
		await accessible(page, name);
		await captured(page, images, name);
	}
	clean(page, 'an empty pool');
	await page.context().close();
	await server.world.call('DeleteUserPool', { UserPoolId: UserPool.Id });
}
