// Pool files, as far as the page of state reads and writes them.

/** Where a pool file is wrong. */
export interface Mistake {
	/** From 1. */
	line: number;
	/** From 1. */
	column: number;
	message: string;
}

/** The position in a message of the server such as `/content: line 4, column 5: ...`. */
export function mistakeOf(message: string): Mistake | undefined {
	const found = /line (\d+), column (\d+): ([\s\S]*)$/.exec(message);
	if (!found) return undefined;
	return { line: Number(found[1]), column: Number(found[2]), message: found[3] ?? '' };
}

/** The offset of a line and column in the text. */
export function offsetOf(text: string, line: number, column: number): number {
	const lines = text.split('\n');
	const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
	return Math.min(text.length, before + column - 1);
}

/** The lines around a position, with their numbers. */
export function linesAround(text: string, line: number, around = 2): { number: number; text: string }[] {
	const lines = text.split('\n');
	const first = Math.max(1, line - around);
	return lines.slice(first - 1, line + around).map((one, index) => ({ number: first + index, text: one }));
}

const USERS = '    Users:';

/**
 * One pool file from those of the pages of an export. Each page has the same pool, with a part
 * of its users.
 */
export function mergedPages(pages: string[]): string {
	const [first = '', ...others] = pages;
	const users = others.flatMap((page) => usersOf(page.split('\n')).lines);
	if (users.length === 0) return first;
	const lines = first.split('\n');
	const { end } = usersOf(lines);
	if (end === undefined) return first;
	return [...lines.slice(0, end), ...users, ...lines.slice(end)].join('\n');
}

/** The lines of the users of a file, and the line after them. */
function usersOf(lines: string[]): { lines: string[]; end?: number } {
	const start = lines.indexOf(USERS);
	if (start < 0) return { lines: [] };
	let end = start + 1;
	while (end < lines.length && /^ {5,}\S/.test(lines[end] ?? '')) end++;
	return { lines: lines.slice(start + 1, end), end };
}

/** The members of `NotExported`: what the file lacks. */
export function notExported(file: string): string[] {
	const lines = file.split('\n');
	const start = lines.indexOf('NotExported:');
	if (start < 0) return [];
	const rest = lines.slice(start + 1);
	const end = rest.findIndex((line) => !line.startsWith('  - '));
	return rest.slice(0, end < 0 ? rest.length : end).map((line) => line.slice(4).replace(/^"(.*)"$/, '$1'));
}
