// Faults of the emulator, in words.

import type { JsonObject } from '../mcp/types.ts';

/** An active fault of `get_emulator` and `inject_fault`. */
export interface Fault {
	id: number;
	/** `operation`, `category`, or nothing for every operation. */
	on?: JsonObject | string;
	when?: JsonObject | string;
	effect: JsonObject | string;
	/** Requests that it concerned. */
	concerned: number;
	/** Requests that it changed. */
	struck: number;
	callers_struck?: number;
}

/** The first member of an object such as `{"operation": "SignUp"}`. */
function member(value: JsonObject | string | undefined): [string, unknown] | undefined {
	if (typeof value === 'string') return [value, undefined];
	return value && Object.entries(value)[0];
}

/** What it concerns: `SignUp`. */
export function targetOf(fault: Fault): string {
	const [kind, name] = member(fault.on) ?? [];
	if (kind === 'operation') return String(name);
	if (kind === 'category') return `Category ${String(name)}`;
	return 'Every operation';
}

/** When: `the next 2 requests`. */
export function whenOf(fault: Fault): string {
	const [kind, value] = member(fault.when) ?? [];
	const number = Number(value);
	switch (kind) {
		case 'first':
			return number === 1 ? 'the next request' : `the next ${number} requests`;
		case 'callers':
			return number === 1 ? 'the next call, with its retries' : `the next ${number} calls, with their retries`;
		case 'nth':
			return number === 1 ? 'the next request' : `request ${number} from its start`;
		case 'share':
			return `${Math.round(number * 100)} % of requests`;
		default:
			return 'every request';
	}
}

/** What happens: `TooManyRequestsException`. */
export function effectOf(fault: Fault): string {
	const [kind, value] = member(fault.effect) ?? ['unknown', undefined];
	const details = typeof value === 'object' && value !== null ? (value as JsonObject) : {};
	switch (kind) {
		case 'exception':
			return String(details.code ?? 'exception');
		case 'delay_ms':
			return `answer delayed by ${String(value)} ms`;
		case 'cut_before_effects':
			return 'connection cut before it takes effect';
		case 'cut_after_effects':
			return 'connection cut after it took effect';
		default:
			return kind.replaceAll('_', ' ');
	}
}

/** Whether it can still change a request. */
export function isSpent(fault: Fault): boolean {
	const [kind, value] = member(fault.when) ?? [];
	if (kind === 'first') return fault.concerned >= Number(value);
	if (kind === 'nth') return fault.concerned >= Number(value);
	if (kind === 'callers') return (fault.callers_struck ?? 0) >= Number(value);
	return false;
}
