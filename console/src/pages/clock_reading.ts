// Spans of time for the emulator's clock.

/** The arguments of `advance_clock` and `get_clock`. */
export interface Span {
	days: number;
	hours: number;
	minutes: number;
	seconds: number;
}

export function spanOf(seconds: number): Span {
	return {
		days: Math.floor(seconds / 86_400),
		hours: Math.floor((seconds % 86_400) / 3_600),
		minutes: Math.floor((seconds % 3_600) / 60),
		seconds: seconds % 60,
	};
}

/** Without the members that are 0: `{hours: 1}`. */
export function shortSpan(seconds: number): Record<string, number> {
	return Object.fromEntries(Object.entries(spanOf(seconds)).filter(([, value]) => value > 0));
}

/** `1 day 2 hours`. */
export function spanWords(seconds: number): string {
	const parts = Object.entries(shortSpan(seconds)).map(([unit, value]) => `${value} ${value === 1 ? unit.slice(0, -1) : unit}`);
	return parts.length > 0 ? parts.join(' ') : '0 seconds';
}

/** What would expire, as `get_clock` counts it. */
export interface Expiring {
	codes: number;
	challenges: number;
	refresh_tokens: number;
	temporary_passwords: number;
	locks: number;
}

const WORDS: [keyof Expiring, string, string][] = [
	['codes', 'code that was sent', 'codes that were sent'],
	['challenges', 'sign-in that waits for a challenge', 'sign-ins that wait for a challenge'],
	['refresh_tokens', 'refresh token', 'refresh tokens'],
	['temporary_passwords', 'temporary password', 'temporary passwords'],
	['locks', 'lock after wrong passwords', 'locks after wrong passwords'],
];

/** What would expire, in words; empty if nothing would. */
export function expiringWords(expiring: Expiring): string[] {
	return WORDS.filter(([name]) => expiring[name] > 0).map(([name, one, many]) => `${expiring[name]} ${expiring[name] === 1 ? one : many}`);
}

/** A time as the value of an input of type `datetime-local`, in the zone of the browser. */
export function localValue(date: Date): string {
	const two = (value: number) => String(value).padStart(2, '0');
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
