// The command palette (Ctrl+K), and the shortcuts of the keyboard.

import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { go } from '../app/router.ts';
import type { JsonObject } from '../mcp/types.ts';
import { choosePool, isAllowed, poolId, pools, tools } from '../app/server.ts';
import { setTheme } from '../app/theme.ts';
import { matching, type Command } from './commands.ts';
import { callsOpen } from './calls.tsx';
import { showAnswer, titleOf } from './call.tsx';
import { Dialog } from './dialog.tsx';
import { CallDialog } from './form.tsx';
import { Icon, type IconName } from './icon.tsx';

const paletteOpen = signal(false);
const helpOpen = signal(false);

/** A page of the console, as the palette and the shortcuts need it. */
interface Place {
	path: string;
	title: string;
	icon: IconName;
	/** The second key of the shortcut `g KEY`. */
	key: string;
}

/** Commands of the open page, in addition to those of every page. */
export const pageCommands = signal<Command[]>([]);

/** Offers `commands` in the palette while the page is open. */
export function useCommands(commands: Command[]): void {
	const key = commands.map((one) => one.title).join('\n');
	useEffect(() => {
		pageCommands.value = commands;
		return () => {
			pageCommands.value = [];
		};
	}, [key]);
}

/** The tool that the palette opened as a form. */
const tool = signal<string | undefined>(undefined);

function commands(places: Place[], query: string): Command[] {
	const pages = places.map((page) => ({ title: page.title, group: 'Go to', icon: page.icon, words: `g ${page.key}`, run: () => go(page.path ? [page.path] : []) }));
	const others = (pools.value ?? [])
		.filter((pool) => pool.user_pool_id !== poolId.value)
		.map((pool) => ({ title: `Open pool ${pool.name}`, group: 'User pool', icon: 'state' as const, words: pool.user_pool_id, run: () => choosePool(pool.user_pool_id) }));
	const console: Command[] = [
		{ title: 'Light theme', group: 'Console', icon: 'sun', run: () => setTheme('light') },
		{ title: 'Dark theme', group: 'Console', icon: 'moon', run: () => setTheme('dark') },
		{ title: 'Theme of the system', group: 'Console', icon: 'screen', run: () => setTheme('system') },
		{ title: 'Calls of this page', group: 'Console', icon: 'code', run: () => (callsOpen.value = !callsOpen.value) },
		{ title: 'Keyboard shortcuts', group: 'Console', icon: 'keyboard', run: () => (helpOpen.value = true) },
	];
	// A name that was typed may be that of a user.
	const user: Command[] =
		query && isAllowed('get_user') ? [{ title: `Open user ${query}`, group: 'Users', icon: 'user', words: query, run: () => go(['users', query]) }] : [];
	const all: Command[] = [...tools.value.values()].map((one) => ({
		title: titleOf(one.name),
		group: 'Tools',
		icon: 'play',
		words: one.name,
		run: () => (tool.value = one.name),
	}));
	return [...pageCommands.value, ...pages, ...others, ...user, ...console, ...(query ? all : [])];
}

export function Palette({ pages }: { pages: Place[] }) {
	const open = tool.value;
	if (open) {
		const fixed: JsonObject = tools.value.get(open)?.inputSchema.properties?.user_pool_id && poolId.value ? { user_pool_id: poolId.value } : {};
		const about = tools.value.get(open)?.description;
		return <CallDialog key={open} tool={open} arguments={fixed} {...(about ? { about } : {})} onClose={() => (tool.value = undefined)} onDone={(answer) => showAnswer(open, answer)} />;
	}
	return paletteOpen.value ? <PaletteDialog pages={pages} /> : null;
}

function PaletteDialog({ pages }: { pages: Place[] }) {
	const [query, setQuery] = useState('');
	const [active, setActive] = useState(0);
	const list = useRef<HTMLUListElement>(null);
	const element = useRef<HTMLDialogElement>(null);
	useLayoutEffect(() => {
		const dialog = element.current;
		dialog?.showModal();
		return () => dialog?.close();
	}, []);
	const found = matching(commands(pages, query.trim()), query.trim()).slice(0, 40);
	const close = () => {
		paletteOpen.value = false;
	};
	const run = (command: Command | undefined) => {
		if (!command) return;
		close();
		command.run();
	};
	useEffect(() => {
		list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
	}, [active]);
	const press = (event: KeyboardEvent) => {
		const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
		if (step !== 0) {
			event.preventDefault();
			setActive((active + step + found.length) % Math.max(1, found.length));
		} else if (event.key === 'Enter') {
			event.preventDefault();
			run(found[active]);
		}
	};
	return (
		<dialog
			class="palette"
			aria-label="Search pages and actions"
			ref={element}
			onCancel={(event) => {
				event.preventDefault();
				close();
			}}
			onMouseDown={(event) => {
				if (event.target === event.currentTarget) close();
			}}
		>
			<div class="palette-search">
				<Icon name="search" />
				<input
					type="text"
					role="combobox"
					aria-label="Search pages and actions"
					aria-expanded="true"
					aria-controls="palette-list"
					aria-activedescendant={found[active] ? `palette-${active}` : undefined}
					placeholder="Page, action, tool or username"
					value={query}
					onInput={(event) => {
						setQuery(event.currentTarget.value);
						setActive(0);
					}}
					onKeyDown={press}
				/>
			</div>
			<ul id="palette-list" role="listbox" aria-label="Results" ref={list}>
				{found.map((command, index) => (
					<li
						key={`${command.group} ${command.title} ${command.words}`}
						id={`palette-${index}`}
						role="option"
						aria-selected={index === active}
						onMouseMove={() => setActive(index)}
						onClick={() => run(command)}
					>
						<Icon name={command.icon} />
						<span>{command.title}</span>
						<span class="group">{command.group}</span>
					</li>
				))}
			</ul>
			{found.length === 0 && <p class="palette-none">Nothing is called so.</p>}
		</dialog>
	);
}

/** Keys that work on every page. */
const KEYS: [string, string][] = [
	['Ctrl K', 'Search pages and actions'],
	['/', 'Go to the search field of the page'],
	['?', 'Show the shortcuts'],
	['Alt C', 'Show the calls of this page'],
	['Esc', 'Close what is open'],
	['↑ ↓', 'Move between rows'],
	['Enter', 'Open the row'],
	['Space', 'Select the row'],
];

export function Shortcuts({ pages }: { pages: Place[] }) {
	if (!helpOpen.value) return null;
	return (
		<Dialog title="Keyboard shortcuts" size="small" onClose={() => (helpOpen.value = false)}>
			<dl class="keys">
				{KEYS.map(([keys, meaning]) => (
					<div key={keys}>
						<dt>
							<kbd>{keys}</kbd>
						</dt>
						<dd>{meaning}</dd>
					</div>
				))}
				{pages.map((page) => (
					<div key={page.path}>
						<dt>
							<kbd>g</kbd> <kbd>{page.key}</kbd>
						</dt>
						<dd>{page.title}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}

/** Listens to the keyboard, until the returned function is called. */
export function startKeys(pages: Place[]): () => void {
	/** When `g` was pressed. */
	let leader = 0;
	const press = (event: KeyboardEvent) => {
		if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
			event.preventDefault();
			if (!document.querySelector('dialog[open]')) paletteOpen.value = true;
			else if (paletteOpen.value) paletteOpen.value = false;
			return;
		}
		if (event.altKey && event.key.toLowerCase() === 'c') {
			event.preventDefault();
			callsOpen.value = !callsOpen.value;
			return;
		}
		const target = event.target as HTMLElement;
		const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && (target as HTMLInputElement).type !== 'checkbox';
		if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
		if (event.key === '/') {
			const field = document.querySelector<HTMLElement>('main [data-search]');
			if (!field) return;
			event.preventDefault();
			field.focus();
		} else if (event.key === '?') {
			helpOpen.value = true;
		} else if (Date.now() - leader < 1_200) {
			leader = 0;
			const page = pages.find((one) => one.key === event.key);
			if (page) {
				event.preventDefault();
				go(page.path ? [page.path] : []);
			}
		} else if (event.key === 'g') {
			leader = Date.now();
		}
	};
	const open = () => {
		paletteOpen.value = true;
	};
	addEventListener('keydown', press);
	addEventListener('open-palette', open);
	return () => {
		removeEventListener('keydown', press);
		removeEventListener('open-palette', open);
	};
}
