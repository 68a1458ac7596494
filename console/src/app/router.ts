// Addresses of pages: the part after `#`, such as `#/users/ana?pool=eu-west-1_AbC`.

import { signal } from '@preact/signals';

export interface Route {
	/** Decoded parts of the path: `['users', 'ana']`. Home has none. */
	path: string[];
	query: Record<string, string>;
}

export function parseRoute(hash: string): Route {
	const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
	return {
		path: path.split('/').filter(Boolean).map(decoded),
		query: Object.fromEntries(new URLSearchParams(query)),
	};
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/** The address of a page. Empty values of the query are left out. */
export function hrefOf(path: string[], query: Record<string, string | undefined> = {}): string {
	const kept = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
	const search = new URLSearchParams(kept).toString();
	return `#/${path.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`;
}

export const route = signal<Route>({ path: [], query: {} });

/** The address of a page in the pool that is open now. */
export function link(path: string[], query: Record<string, string | undefined> = {}): string {
	return hrefOf(path, { pool: route.value.query.pool, ...query });
}

export function go(path: string[], query: Record<string, string | undefined> = {}): void {
	location.hash = link(path, query);
}

/** Changes the query of the open page without a new entry in the history. */
export function setQuery(query: Record<string, string | undefined>): void {
	// The event of a change of the address may still be on its way to `route`.
	const { path, query: old } = parseRoute(location.hash);
	const href = hrefOf(path, { ...old, ...query });
	history.replaceState(null, '', href);
	route.value = parseRoute(href);
}

export function startRouter(): void {
	const read = () => {
		route.value = parseRoute(location.hash);
	};
	addEventListener('hashchange', read);
	read();
}
