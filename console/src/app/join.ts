// Lists of which the newest part is read again.

/** Items of a first page, before those that were known and are not in it. */
export function joined<T>(first: T[], known: T[], keyOf: (item: T) => string): T[] {
	const keys = new Set(first.map(keyOf));
	const rest = known.filter((item) => !keys.has(keyOf(item)));
	// Without a common item, something is missing between the two, or the list was emptied.
	return rest.length === known.length ? first : [...first, ...rest];
}
