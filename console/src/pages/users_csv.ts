// Pages of an export as one CSV file.

/** One file of several, each of which begins with the same header. */
export function joinedCsv(files: string[]): string {
	const [first = '', ...others] = files;
	return [first, ...others.map((file) => file.slice(file.indexOf('\n') + 1))].join('');
}
