// Small parts that every page uses.

import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

/** The heading of a page, with its actions. */
export function PageHeader(props: {
	title: string;
	about?: ComponentChildren;
	back?: { href: string; label: string };
	children?: ComponentChildren;
}) {
	return (
		<header class="page-header">
			<div class="page-title">
				{props.back && (
					<a class="back" href={props.back.href}>
						<Icon name="back" />
						{props.back.label}
					</a>
				)}
				<h1 tabIndex={-1}>{props.title}</h1>
				{props.about && <p class="about">{props.about}</p>}
			</div>
			{props.children && <div class="actions">{props.children}</div>}
		</header>
	);
}

/** A part of a page with a heading. */
export function Card(props: {
	title?: string;
	about?: ComponentChildren;
	actions?: ComponentChildren;
	class?: string;
	children?: ComponentChildren;
}) {
	return (
		<section class={`card ${props.class ?? ''}`} aria-label={props.title}>
			{(props.title || props.actions) && (
				<div class="card-header">
					<div>
						{props.title && <h2>{props.title}</h2>}
						{props.about && <p class="about">{props.about}</p>}
					</div>
					{props.actions && <div class="actions">{props.actions}</div>}
				</div>
			)}
			{props.children}
		</section>
	);
}

export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ComponentChildren }) {
	return <span class={`badge ${tone}`}>{children}</span>;
}

export type ButtonTone = 'primary' | 'danger' | 'plain' | 'quiet';

export function Button(props: {
	onClick?: (event: MouseEvent) => void;
	tone?: ButtonTone;
	icon?: IconName;
	busy?: boolean | undefined;
	disabled?: boolean | undefined;
	submit?: boolean;
	small?: boolean;
	/** The text for screen readers, where the button only has an icon. */
	label?: string;
	describedBy?: string | undefined;
	expanded?: boolean;
	autofocus?: boolean;
	children?: ComponentChildren;
}) {
	return (
		<button
			type={props.submit ? 'submit' : 'button'}
			class={`button ${props.tone ?? 'plain'}${props.small ? ' small' : ''}${props.children ? '' : ' only-icon'}`}
			onClick={props.onClick}
			disabled={props.disabled}
			aria-busy={props.busy ? 'true' : undefined}
			aria-label={props.label}
			title={props.label}
			aria-describedby={props.describedBy}
			aria-expanded={props.expanded}
			data-autofocus={props.autofocus ? '' : undefined}
		>
			{props.busy ? <span class="spinner" aria-hidden="true" /> : props.icon && <Icon name={props.icon} />}
			{props.children && <span>{props.children}</span>}
		</button>
	);
}

/** Copies `text`. What it copies is its title, unless it is a secret. */
export function CopyButton({ text, label = 'Copy', secret }: { text: string; label?: string; secret?: boolean }) {
	const [copied, setCopied] = useState(false);
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	const copy = async () => {
		if (!(await copyText(text))) return;
		setCopied(true);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => setCopied(false), 1_600);
	};
	return (
		<button type="button" class="button quiet only-icon small copy" onClick={copy} aria-label={label} title={secret ? label : `${label}: ${text.slice(0, 80)}`}>
			<Icon name={copied ? 'check' : 'copy'} />
			<span class="sr" role="status">
				{copied ? 'Copied' : ''}
			</span>
		</button>
	);
}

/** Whether the browser copied `text`. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Browsers refuse the clipboard to pages that are not served from this machine, and to pages
		// in a sandbox.
		const area = document.createElement('textarea');
		area.value = text;
		area.className = 'sr';
		(document.querySelector('dialog[open]') ?? document.body).append(area);
		area.select();
		const copied = document.execCommand('copy');
		area.remove();
		return copied;
	}
}

/** A value to copy, such as an id or an address. */
export function Value({ text, label }: { text: string; label?: string }) {
	return (
		<span class="value">
			<code>{text}</code>
			<CopyButton text={text} label={label ?? 'Copy'} />
		</span>
	);
}

/** Text of a program, to copy. */
export function CodeBlock({ text, label, wrap }: { text: string; label: string; wrap?: boolean }) {
	return (
		<div class={`code-block${wrap ? ' wrap' : ''}`}>
			<pre tabIndex={0} role="region" aria-label={label}>
				<code>{text}</code>
			</pre>
			<CopyButton text={text} label={`Copy ${label}`} />
		</div>
	);
}

/** A sentence of the server, with its code between backticks. */
export function Prose({ text }: { text: string }) {
	return <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}

/** What a list shows while it is empty: how to begin. */
export function Empty(props: { icon?: IconName; title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
	return (
		<div class="empty">
			{props.icon && (
				<span class="empty-icon">
					<Icon name={props.icon} />
				</span>
			)}
			<p class="empty-title">{props.title}</p>
			{props.children && <p class="about">{props.children}</p>}
			{props.actions && <div class="actions">{props.actions}</div>}
		</div>
	);
}

/** Lines in place of content that is being read. */
export function Loading({ lines = 3 }: { lines?: number }) {
	return (
		<div class="loading" role="status">
			<span class="sr">Loading</span>
			{Array.from({ length: lines }, (_, index) => (
				<span key={index} class="skeleton" aria-hidden="true" />
			))}
		</div>
	);
}

/** Names with their values. */
export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
	return (
		<dl class="facts">
			{rows.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value === undefined || value === null || value === '' || value === false ? <span class="none">None</span> : value}</dd>
				</div>
			))}
		</dl>
	);
}

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const minutes = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const numbers = new Intl.NumberFormat('en-US');

/** A time of an answer (RFC 3339), in the zone of the browser. `short` leaves out the seconds, as in tables. */
export function Time({ at, short }: { at?: string | undefined; short?: boolean }) {
	if (!at) return <span class="none">Unknown</span>;
	const date = new Date(at);
	if (Number.isNaN(date.getTime())) return <span>{at}</span>;
	return (
		<time dateTime={at} title={at}>
			{(short ? minutes : dates).format(date)}
		</time>
	);
}

export function formatNumber(value: number): string {
	return numbers.format(value);
}

/** `1 user`, `2 users`. */
export function plural(count: number, one: string, many = `${one}s`): string {
	return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Tabs, moved through with the arrow keys. The open one is kept by the caller. */
export function Tabs<T extends string>(props: {
	label: string;
	tabs: { id: T; label: string; count?: number | undefined }[];
	open: T;
	onOpen: (id: T) => void;
	children: ComponentChildren;
}) {
	const move = (event: KeyboardEvent) => {
		const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
		if (step === 0) return;
		event.preventDefault();
		const at = props.tabs.findIndex((tab) => tab.id === props.open);
		const next = props.tabs[(at + step + props.tabs.length) % props.tabs.length];
		if (!next) return;
		props.onOpen(next.id);
		(event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
	};
	return (
		<div class="tabs">
			<div role="tablist" aria-label={props.label} onKeyDown={move}>
				{props.tabs.map((tab) => (
					<button
						key={tab.id}
						type="button"
						role="tab"
						id={`tab-${tab.id}`}
						data-tab={tab.id}
						aria-selected={tab.id === props.open}
						aria-controls={`panel-${props.open}`}
						tabIndex={tab.id === props.open ? 0 : -1}
						onClick={() => props.onOpen(tab.id)}
					>
						{tab.label}
						{tab.count !== undefined && <span class="count">{formatNumber(tab.count)}</span>}
					</button>
				))}
			</div>
			<div role="tabpanel" id={`panel-${props.open}`} aria-labelledby={`tab-${props.open}`}>
				{props.children}
			</div>
		</div>
	);
}
