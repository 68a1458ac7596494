// The keyboard alone: the palette, shortcuts, moving in tables, dialogs, and the focus.

import { check } from '../domain.mjs';
import { accessible, clean, settled } from './harness.mjs';

export async function keyboard({ browser, emulated }) {
	const page = await emulated.tab(browser);
	const focus = () => page.evaluate(() => {
		const { activeElement: one } = document;
		return one.getAttribute('aria-label') ?? one.textContent;
	});
	await emulated.open(page, '');
	await settled(page);

	await page.keyboard.press('Control+k');
	await page.keyboard.type('app cli');
	await accessible(page, 'the palette');
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'App clients', level: 1 }).waitFor();
	check('keyboard: the palette opens a page', true);
	check('keyboard: the heading of a new page has the focus', (await focus()) === 'App clients', await focus());

	await page.keyboard.press('g');
	await page.keyboard.press('u');
	await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
	await settled(page);
	await page.keyboard.press('/');
	await page.keyboard.type('emil');
	await page.getByText('1 user', { exact: false }).first().waitFor();
	check('keyboard: / searches', page.url().includes('q=emil') || (await page.locator('tbody tr').count()) === 1);
	await page.keyboard.press('Control+a');
	await page.keyboard.press('Delete');
	await page.locator('[data-row="4"]').waitFor();

	await page.locator('[data-row="0"]').focus();
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowDown');
	check('keyboard: down moves between rows', (await focus()) === 'cleo', await focus());
	await page.keyboard.press('End');
	check('keyboard: End moves to the last row', (await focus()) === 'emil', await focus());
	await page.keyboard.press('Space');
	await page.getByText('1 user selected').waitFor();
	await page.keyboard.press('Home');
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'ana', level: 1 }).waitFor();
	check('keyboard: Enter opens the row', true);

	await page.getByRole('tab', { name: 'Overview' }).focus();
	await page.keyboard.press('ArrowRight');
	await page.locator('.verdict').waitFor();
	check('keyboard: the arrows move between tabs', (await page.getByRole('tab', { name: 'Sign-in' }).getAttribute('aria-selected')) === 'true');

	const actions = page.getByRole('button', { name: 'Actions', exact: true });
	await actions.focus();
	await page.keyboard.press('Enter');
	await page.keyboard.press('End');
	check('keyboard: a menu moves to its last item', (await focus()) === 'Delete', await focus());
	await page.keyboard.press('Enter');
	await page.locator('dialog.danger').waitFor();
	await accessible(page, "the server's question");
	check('keyboard: a dangerous question begins at Cancel', (await focus()) === 'Cancel', await focus());
	await page.keyboard.press('Escape');
	await page.locator('dialog.danger').waitFor({ state: 'detached' });
	check('keyboard: the focus returns to where it was', (await focus()) === 'Actions', await focus());

	await page.keyboard.press('?');
	await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
	await accessible(page, 'the shortcuts');
	await page.keyboard.press('Escape');

	await page.keyboard.press('Control+k');
	await page.keyboard.type('create user');
	await page.keyboard.press('Enter');
	await page.getByLabel('Username').waitFor();
	await accessible(page, 'a form');
	await page.keyboard.type('flora');
	await page.keyboard.press('Enter');
	await page.getByText('Create user: done').or(page.getByText('The user was created')).first().waitFor();
	const { pool, call } = emulated.world;
	check('keyboard: a tool of the palette is called', (await call('AdminGetUser', { UserPoolId: pool, Username: 'flora' })).Username === 'flora');
	await call('AdminDeleteUser', { UserPoolId: pool, Username: 'flora' });

	await page.keyboard.press('Escape');
	await page.keyboard.press('Alt+c');
	await page.getByRole('complementary', { name: 'Calls of this page' }).getByText('create_user').waitFor();
	await accessible(page, 'the calls of the page');
	clean(page, 'the keyboard');
	await page.context().close();
}
