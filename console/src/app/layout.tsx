// The frame of every page: navigation, what the console works on, and the parts that open
// over a page.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../components/basic.tsx';
import { ShownAnswer } from '../components/call.tsx';
import { Calls, callsOpen } from '../components/calls.tsx';
import { Icon, type IconName } from '../components/icon.tsx';
import { Palette, Shortcuts, startKeys } from '../components/palette.tsx';
import { Questions } from '../components/question.tsx';
import { Toasts } from '../components/toast.tsx';
import { PAGES, type Page } from '../pages.ts';
import { link, route } from './router.ts';
import { about, choosePool, client, connection, introduced, isEmulated, load, poolId, pools, startError, tools } from './server.ts';
import { setTheme, theme, type Theme } from './theme.ts';

export function App() {
	useEffect(() => {
		void load();
		document.addEventListener('visibilitychange', () => client.visible(document.visibilityState !== 'hidden'));
		return startKeys(PAGES);
	}, []);
	const [menu, setMenu] = useState(false);
	const where = route.value.path.join('/');
	const main = useRef<HTMLElement>(null);
	const opened = useRef(false);
	useEffect(() => {
		setMenu(false);
		// A new page is announced by its heading.
		if (opened.current) main.current?.querySelector<HTMLElement>('h1')?.focus();
		opened.current = true;
	}, [where]);
	return (
		<div class={`frame${menu ? ' menu-open' : ''}`}>
			<a
				class="skip"
				href="#main"
				onClick={(event) => {
					event.preventDefault();
					main.current?.querySelector<HTMLElement>('h1')?.focus();
				}}
			>
				Skip to the content
			</a>
			<Sidebar onClose={() => setMenu(false)} />
			<div class="column">
				<Top onMenu={() => setMenu(!menu)} menu={menu} />
				<Unreachable />
				<main ref={main} id="main">
					<Body />
				</main>
				<Calls />
			</div>
			<div class="scrim" onClick={() => setMenu(false)} />
			<Questions />
			<Palette pages={PAGES} />
			<Shortcuts pages={PAGES} />
			<ShownAnswer />
			<Toasts />
		</div>
	);
}

function visiblePages(): Page[] {
	return PAGES.filter((page) => !page.needs || tools.value.size === 0 || page.needs.some((tool) => tools.value.has(tool)));
}

function Sidebar({ onClose }: { onClose: () => void }) {
	const [open = ''] = route.value.path;
	const pages = visiblePages();
	const sections = [...new Set(pages.map((page) => page.section))];
	return (
		<nav class="sidebar" aria-label="Pages">
			<a class="brand" href={link([])} onClick={onClose}>
				<svg viewBox="0 0 24 24" aria-hidden="true">
					<path class="brand-shield" d="M12 1 3 5v7c0 5 4 9 9 11 5-2 9-6 9-11V5z" />
					<circle cx="12" cy="9" r="3" fill="#fff" />
					<path fill="#fff" d="M6 17a6 5 0 0 1 12 0z" />
				</svg>
				<span>cognito-mcp</span>
			</a>
			{sections.map((section) => (
				<div key={section} class="nav-section">
					{section && <h2 id={`nav-${section}`}>{section}</h2>}
					<ul aria-labelledby={section ? `nav-${section}` : undefined}>
						{pages
							.filter((page) => page.section === section)
							.map((page) => (
								<li key={page.path}>
									<a href={link(page.path ? [page.path] : [])} aria-current={page.path === open ? 'page' : undefined} onClick={onClose}>
										<Icon name={page.icon} />
										{page.title}
									</a>
								</li>
							))}
					</ul>
				</div>
			))}
			<div class="sidebar-end">
				<ThemeSwitch />
			</div>
		</nav>
	);
}

const THEMES: { id: Theme; label: string; icon: IconName }[] = [
	{ id: 'light', label: 'Light', icon: 'sun' },
	{ id: 'system', label: 'As the system', icon: 'screen' },
	{ id: 'dark', label: 'Dark', icon: 'moon' },
];

function ThemeSwitch() {
	return (
		<div class="segments" role="group" aria-label="Theme">
			{THEMES.map((one) => (
				<button key={one.id} type="button" aria-pressed={theme.value === one.id} aria-label={one.label} title={one.label} onClick={() => setTheme(one.id)}>
					<Icon name={one.icon} />
				</button>
			))}
		</div>
	);
}

/** What the console works on, and what is allowed there. */
function Top({ onMenu, menu }: { onMenu: () => void; menu: boolean }) {
	const who = about.value;
	const aws = who?.backend === 'aws';
	return (
		<header class={`top ${aws ? 'aws' : 'emulated'}`}>
			<span class="menu-button">
				<Button tone="quiet" icon="menu" label="Pages" expanded={menu} onClick={onMenu} />
			</span>
			<PoolPicker />
			{who && (
				<p class="context" aria-label="Backend">
					<span class={`backend ${aws ? 'warn' : 'good'}`}>{aws ? 'AWS' : 'Emulator'}</span>
					{aws && <span class="wide">{who.account ? `Account ${who.account}` : 'Account unknown'}</span>}
					<span class="region">{who.region}</span>
					<Allowed />
				</p>
			)}
			<div class="top-end">
				<button type="button" class="search-button" onClick={() => dispatchEvent(new Event('open-palette'))}>
					<Icon name="search" />
					<span>
						Search<span class="sr"> pages and actions</span>
					</span>
					<kbd aria-hidden="true">{/Mac/.test(navigator.platform) ? '⌘K' : 'Ctrl K'}</kbd>
				</button>
				<Button tone="quiet" icon="code" label="Calls of this page" expanded={callsOpen.value} onClick={() => (callsOpen.value = !callsOpen.value)} />
			</div>
		</header>
	);
}

const LEVELS = { read: 'Read only', change: 'Reads and writes, deletes nothing', destroy: 'Reads, writes and deletes' };

function Allowed() {
	const who = about.value;
	const level = who?.allowed;
	return (
		<span class="allowed" title="What this server allows">
			{(level === 'read' || level === 'change') && <Icon name="lock" />}
			{level ? LEVELS[level] : who?.may}
		</span>
	);
}

function PoolPicker() {
	const list = pools.value;
	if (!list) return <span class="pool-picker" />;
	if (list.length === 0) return <span class="pool-picker none">No user pool</span>;
	const open = poolId.value ?? '';
	const known = list.some((pool) => pool.user_pool_id === open);
	return (
		<label class="pool-picker">
			<span class="sr">User pool</span>
			<select value={open} onChange={(event) => choosePool(event.currentTarget.value)}>
				{!known && open && <option value={open}>{open}</option>}
				{list.map((pool) => (
					<option key={pool.user_pool_id} value={pool.user_pool_id}>
						{pool.name} · {pool.user_pool_id}
					</option>
				))}
			</select>
		</label>
	);
}

/** Shown while the server does not answer. */
function Unreachable() {
	const state = connection.value;
	if (state === 'unreachable') {
		return (
			<div class="banner bad" role="alert">
				<span class="spinner" aria-hidden="true" />
				<span>The server cannot be reached. What you see may be out of date. Trying again…</span>
			</div>
		);
	}
	if (state === 'refused') {
		return (
			<div class="banner bad" role="alert">
				<Icon name="lock" />
				<span>
					The server was restarted, or this page's permission expired. Open the address that <code>cognito-mcp console</code> printed.
				</span>
				<Button small onClick={() => location.reload()}>
					Reload
				</Button>
			</div>
		);
	}
	return null;
}

/** The page at the address. */
function Body() {
	const [path = '', item] = route.value.path;
	const page = PAGES.find((one) => one.path === path);
	const title = page?.title ?? 'Not found';
	useEffect(() => {
		document.title = `${item ? `${item} · ` : ''}${title} · cognito-mcp`;
	}, [title, item]);
	if (startError.value) {
		return (
			<div class="page">
				<h1 tabIndex={-1}>The server's tools cannot be read</h1>
				<p>{startError.value}</p>
			</div>
		);
	}
	if (!page || (item !== undefined && !page.item)) {
		return (
			<div class="page">
				<h1 tabIndex={-1}>There is no such page</h1>
				<p>
					<a href={link([])}>Home</a>
				</p>
			</div>
		);
	}
	// The frame is painted before the server answers. A page would say wrong things before it is
	// known what it works on.
	if (!introduced.value) return <div class="page starting" />;
	const key = `${isEmulated.value} ${poolId.value} ${path} ${item ?? ''}`;
	if (item !== undefined && page.item) return <page.item key={key} id={item} />;
	return <page.view key={key} />;
}
