// A person who works with the keyboard alone, or with the mouse alone: what they press is counted,
// and what they see is captured after each step.

import { join } from 'node:path';

/** Key presses to reach an element, before a person would give up. */
const MAX_PRESSES = 60;

export class Person {
	presses = 0;
	characters = 0;
	clicks = 0;
	#steps = 0;
	#began = performance.now();
	#waited = 0;

	/** `by` is `keyboard` or `mouse`. */
	constructor(page, by, task, images) {
		Object.assign(this, { page, by, task, images });
	}

	get usesKeyboard() {
		return this.by === 'keyboard';
	}

	/** Presses keys, one after the other. */
	async press(...keys) {
		if (!this.usesKeyboard) throw new Error('The mouse has no keys.');
		for (const key of keys) {
			await this.page.keyboard.press(key);
			this.presses += 1;
		}
	}

	/** Enters text, which also a person with a mouse does on the keyboard. */
	async type(text) {
		await this.page.keyboard.type(text);
		this.characters += text.length;
	}

	async click(locator) {
		if (this.usesKeyboard) throw new Error('The keyboard does not click.');
		await locator.click();
		this.clicks += 1;
	}

	/** Moves the focus with `key` until it is on the element. */
	async reach(locator, key = 'Tab') {
		await locator.waitFor();
		for (let left = MAX_PRESSES; ; left -= 1) {
			if (await locator.evaluate((element) => element === document.activeElement)) return;
			if (left === 0) throw new Error(`${this.task}: ${MAX_PRESSES} times ${key} do not reach ${locator}`);
			await this.press(key);
		}
	}

	/** Presses a button or follows a link. */
	async use(locator, key = 'Tab') {
		if (!this.usesKeyboard) return this.click(locator);
		await this.reach(locator, key);
		await this.press('Enter');
	}

	/** Replaces the text of a field. */
	async fill(locator, text) {
		if (this.usesKeyboard) {
			await this.reach(locator);
			await this.press('Control+a');
		} else {
			await locator.click({ clickCount: 3 });
			this.clicks += 3;
		}
		await this.type(text);
	}

	/** Sends the form in whose text field the person is: with Enter, or by its button. */
	async submit(button) {
		if (this.usesKeyboard) await this.press('Enter');
		else await this.click(button);
	}

	/** Runs a command of the palette. */
	async command(words) {
		await this.press('Control+k');
		await this.type(words);
		await this.press('Enter');
	}

	/** Goes to a page: by its shortcut, or by its link. */
	async go(key, title) {
		if (this.usesKeyboard) await this.press('g', key);
		else await this.click(this.page.locator('nav.sidebar').getByRole('link', { name: title, exact: true }));
		await this.page.getByRole('heading', { name: title, level: 1 }).waitFor();
	}

	/** What an application does meanwhile, which is not the person's time. */
	async meanwhile(work) {
		const from = performance.now();
		const result = await work();
		this.#waited += performance.now() - from;
		return result;
	}

	/** Captures what the person sees. */
	async see(locator) {
		if (locator) await locator.waitFor();
		await this.meanwhile(async () => {
			this.#steps += 1;
			await this.page.screenshot({ path: join(this.images, `person-${this.task}-${this.by}-${this.#steps}.png`) });
		});
	}

	/** A row of the table of all tasks. */
	row() {
		const seconds = ((performance.now() - this.#began - this.#waited) / 1000).toFixed(1);
		return { task: this.task, by: this.by, seconds, keys: this.presses, characters: this.characters, clicks: this.clicks };
	}
}
