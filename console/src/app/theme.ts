// The colour theme: that of the system, or the one that the person chose.

import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'cognito-mcp-console-theme';

export const theme = signal<Theme>('system');

export function setTheme(next: Theme): void {
	theme.value = next;
	document.documentElement.dataset.theme = next;
	try {
		localStorage.setItem(KEY, next);
	} catch {
		// A browser without storage keeps the theme until the page is closed.
	}
}

export function startTheme(): void {
	let kept: string | null = null;
	try {
		kept = localStorage.getItem(KEY);
	} catch {
		// As above.
	}
	setTheme(kept === 'light' || kept === 'dark' ? kept : 'system');
}
