// How the filters of the page are searched for: as conditions of `search_users`, and as a check
// of the rows that it returns.
//
// A search has one `match`, all or any. A text is looked for in several fields, which needs
// "any"; filters need "all". With both, the server applies the filters that it must, and the page
// applies the rest.

import type { JsonObject } from '../mcp/types.ts';

export interface Condition {
	field: string;
	op: string;
	value?: string;
	not?: boolean;
}

export interface Filters {
	/** Text in a username, an address, a number, a name or the sub. */
	text: string;
	status: string;
	/** `true`, `false`, or empty for both. */
	enabled: string;
	group: string;
	/** Conditions that the person composed. */
	where: Condition[];
	match: 'all' | 'any';
}

export interface User {
	username: string;
	status: string;
	enabled: boolean;
	created_at?: string;
	modified_at?: string;
	attributes: Record<string, string>;
	groups?: string[];
}

export const NO_FILTERS: Filters = { text: '', status: '', enabled: '', group: '', where: [], match: 'all' };

/** Fields in which a text is looked for. */
const TEXT_FIELDS = ['username', 'email', 'phone_number', 'name', 'sub'];

export interface Plan {
	where: Condition[];
	match: 'all' | 'any';
	/** The check that the page makes itself. Absent: the server applies every filter. */
	check?: (user: User) => boolean;
}

/** The plan for the filters. `whole`: every user was read, so the page can look for a text itself. */
export function planOf(filters: Filters, whole = false): Plan {
	const text = filters.text.trim();
	const complete = filters.where.filter((one) => one.field && (one.value || one.op === 'exists'));
	const fixed: Condition[] = [];
	if (filters.group) fixed.push({ field: 'group', op: 'is', value: filters.group });
	const simple: Condition[] = [];
	if (filters.status) simple.push({ field: 'status', op: 'is', value: filters.status });
	if (filters.enabled) simple.push({ field: 'enabled', op: 'is', value: filters.enabled });

	if (complete.length > 0) {
		const where = filters.match === 'all' ? [...complete, ...fixed, ...simple] : complete;
		const check = checkOf(text, filters.match === 'all' ? { ...filters, status: '', enabled: '' } : filters, filters.match === 'any' ? filters.group : '');
		return { where, match: filters.match, ...(check ? { check } : {}) };
	}
	if (whole && fixed.length === 0) {
		const check = checkOf(text, filters);
		return { where: [], match: 'all', ...(check ? { check } : {}) };
	}
	if (fixed.length > 0 || text === '') {
		const check = checkOf(text, NO_FILTERS);
		return { where: [...fixed, ...simple], match: 'all', ...(check ? { check } : {}) };
	}
	const check = checkOf('', filters);
	return {
		where: TEXT_FIELDS.map((field) => ({ field, op: 'contains', value: text })),
		match: 'any',
		...(check ? { check } : {}),
	};
}

function checkOf(text: string, filters: Filters, group = ''): ((user: User) => boolean) | undefined {
	const { status, enabled } = filters;
	if (!text && !status && !enabled && !group) return undefined;
	const wanted = text.toLowerCase();
	return (user) =>
		(!status || user.status === status) &&
		(!enabled || String(user.enabled) === enabled) &&
		(!group || user.groups?.includes(group) === true) &&
		(!wanted || texts(user).some((one) => one.toLowerCase().includes(wanted)));
}

function texts(user: User): string[] {
	return [user.username, ...TEXT_FIELDS.slice(1).map((field) => user.attributes[field] ?? '')];
}

/** What the table shows of a user. */
export const FIELDS = ['status', 'enabled', 'created', 'email', 'phone_number', 'name', 'sub'];

/** The arguments of `search_users` for a plan. */
export function searchArguments(pool: string, plan: Plan, limit: number, cursor?: string): JsonObject {
	return {
		user_pool_id: pool,
		...(plan.where.length > 0 ? { where: plan.where as unknown as JsonObject[], match: plan.match } : {}),
		fields: FIELDS,
		limit,
		...(cursor ? { cursor } : {}),
	};
}

/** Filters as values of the address. */
export function toQuery(filters: Filters): Record<string, string | undefined> {
	return {
		q: filters.text || undefined,
		status: filters.status || undefined,
		enabled: filters.enabled || undefined,
		group: filters.group || undefined,
		where: filters.where.length > 0 ? JSON.stringify(filters.where) : undefined,
		match: filters.match === 'any' ? 'any' : undefined,
	};
}

export function fromQuery(query: Record<string, string>): Filters {
	let where: Condition[] = [];
	try {
		const parsed: unknown = JSON.parse(query.where ?? '[]');
		if (Array.isArray(parsed)) where = parsed as Condition[];
	} catch {
		// An address that was cut off has no conditions.
	}
	return {
		text: query.q ?? '',
		status: query.status ?? '',
		enabled: query.enabled ?? '',
		group: query.group ?? '',
		where,
		match: query.match === 'any' ? 'any' : 'all',
	};
}
