// 100,000 users: the table draws the rows in view, scrolls smoothly, searches, sorts and selects.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../domain.mjs';
import { accessible, clean } from './harness.mjs';

const USERS = 100_000;
const POOL = 'us-east-1_Many';

/** Milliseconds that most frames may take while the table scrolls: thirty frames a second. Other
 * suites run at the same time, so single frames take longer. */
const FRAME = 34;

/** A pool file with the users. */
export function seedFile() {
	const users = Array.from({ length: USERS }, (_, index) => ({
		Username: `user-${String(index).padStart(6, '0')}`,
		UserAttributes: { email: `user${index}@example.com` },
		UserStatus: index % 10 === 0 ? 'UNCONFIRMED' : 'CONFIRMED',
	}));
	const file = join(mkdtempSync(join(tmpdir(), 'console-')), 'many.json');
	writeFileSync(file, JSON.stringify({ UserPools: [{ PoolName: 'many', Id: POOL, Users: users }] }));
	return file;
}

export async function many({ browser, large }) {
	const began = Date.now();
	const server = await large;
	console.log(`100,000 users: the server started after ${Date.now() - began} ms more`);
	const page = await server.tab(browser);
	// Builds of other suites may slow the server down.
	page.setDefaultTimeout(200_000);
	await server.open(page, 'users', {}, POOL);
	await page.locator('[data-row="20"]').waitFor();
	check('many: the first users are there before the others are read', true);
	await page.locator('.table-status').getByText('100,000 users', { exact: true }).waitFor();
	console.log(`100,000 users: read after ${Date.now() - began} ms`);
	const table = page.locator('.data-table');
	const drawn = () => page.locator('tbody tr:not(.space)').count();
	check('many: the rows in view are drawn', (await drawn()) < 80, await drawn());
	await accessible(page, 'many: the table');

	const frames = await table.evaluate(scroll);
	frames.sort((a, b) => a - b);
	const [median, slow] = [frames[frames.length >> 1], frames[Math.floor(frames.length * 0.95)]];
	console.log(`frames while scrolling through 100,000 rows: median ${median.toFixed(1)} ms, 95% ${slow.toFixed(1)} ms`);
	check('many: the table scrolls smoothly', median < FRAME, frames.slice(-10));

	await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
	await page.getByText('user-099999').waitFor();
	check('many: the last row is at the end', (await drawn()) < 80);
	await page.getByRole('button', { name: 'Username' }).click();
	await page.getByRole('button', { name: 'Username' }).click();
	await table.evaluate((element) => element.scrollTo(0, 0));
	await page.locator('[data-row="0"]').filter({ hasText: 'user-099999' }).waitFor();
	check('many: the table is sorted', true);
	await page.getByLabel('Select all 100,000 rows').check();
	await page.getByText('100,000 users selected').waitFor();
	check('many: all rows are selected', true);
	// A call names 1,000 users: more are changed by the filters.
	await page.getByText('A call names at most 1,000 users.').waitFor();
	await page.getByRole('button', { name: 'Select all users of the pool' }).click();
	await page.getByText('All users of the pool selected').waitFor();
	check('many: all users of the pool can be changed', await page.locator('.bulk-bar select').isVisible());

	await page.getByLabel('Search users').fill('user12345@');
	await page.locator('tbody').getByText('user-012345').waitFor();
	check('many: a user is found', (await drawn()) === 1);
	clean(page, 'many users');
	await page.context().close();
}

/** Scrolls in the page, and returns how long each frame took. */
function scroll(element) {
	return new Promise((resolve) => {
		const took = [];
		let last = performance.now();
		let step = 0;
		const next = (now) => {
			if (step > 0) took.push(now - last);
			last = now;
			step += 1;
			if (step > 120) {
				resolve(took);
				return;
			}
			element.scrollTop += step % 10 === 0 ? element.scrollHeight / 15 : 300;
			requestAnimationFrame(next);
		};
		requestAnimationFrame(next);
	});
}
