// Calls of the journal, as the page of requests reads them.

import type { Json, JsonObject } from '../mcp/types.ts';

/** A call of `read_journal`. */
export interface Recorded {
	at?: string;
	operation: string;
	/** HTTP status; absent if the connection was cut before it was sent. */
	status?: number;
	/** The exception's name, if the call failed. */
	code?: string;
	/** The exception's sentence. */
	message?: string;
	request?: JsonObject;
	response?: JsonObject;
	request_id: string;
	/** Milliseconds by which a fault delayed the response. */
	delay_ms?: number;
	/** `BeforeEffects` or `AfterEffects`, if a fault cut the connection. */
	cut?: string;
	/** A tool read this for itself. */
	lookup?: boolean;
}

/** The user that a request names, in the members in which Cognito has usernames. */
export function userOf(call: Recorded): string | undefined {
	const request = call.request ?? {};
	const nested = (name: string): Json | undefined => {
		const value = request[name];
		return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value.USERNAME ?? undefined) : undefined;
	};
	const form = (): Json | undefined => {
		const value = request.form;
		return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value.username ?? undefined) : undefined;
	};
	const found = request.Username ?? nested('AuthParameters') ?? nested('ChallengeResponses') ?? form();
	return typeof found === 'string' && found !== '***' ? found : undefined;
}

/** Whether it is a request of a page of a domain, such as `domain/Login`. */
export function isPage(operation: string): boolean {
	return operation.startsWith('domain/');
}

/** Operations with a name of a reading one that change something, or send a message. */
const NOT_READS = new Set(['GetTokensFromRefreshToken', 'GetUserAttributeVerificationCode']);

/** Whether the operation only reads, by its name. */
export function isRead(operation: string): boolean {
	return /^(Admin)?(Describe|Get|List)[A-Z]/.test(operation) && !NOT_READS.has(operation);
}

export function isRefused(call: Recorded): boolean {
	return call.code !== undefined || call.cut !== undefined || (call.status ?? 0) >= 400;
}

/** What happened in one or two words: `200`, `NotAuthorizedException`. */
export function resultOf(call: Recorded): string {
	return call.code ?? (call.cut ? 'Connection cut' : String(call.status ?? ''));
}

export interface Filter {
	text: string;
	user: string;
	operation: string;
	/** Leaves out operations that only read, such as those of this console's pages. */
	withoutReads?: boolean;
}

export function matches(call: Recorded, filter: Filter): boolean {
	if (filter.operation && call.operation !== filter.operation) return false;
	if (filter.withoutReads && isRead(call.operation)) return false;
	const user = filter.user.trim().toLowerCase();
	if (user && !(userOf(call) ?? '').toLowerCase().includes(user)) return false;
	const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0) return true;
	const text = JSON.stringify(call).toLowerCase();
	return words.every((word) => text.includes(word));
}

/** Advice of the resource `cognito://errors/EXCEPTION`. */
export interface Advice {
	exception: string;
	/** Part of the sentence that the advice is for; absent: for every other sentence. */
	says?: string;
	advice: string;
}

/** The advice for a sentence: that for its words, else the general one. */
export function adviceFor(advices: Advice[], message: string | undefined): Advice | undefined {
	const special = advices.find((one) => one.says && message?.includes(one.says));
	return special ?? advices.find((one) => !one.says);
}
