// The commands of the palette, and which of them a text means.

import type { IconName } from './icon.tsx';

/** Something that the palette offers. */
export interface Command {
	title: string;
	group: string;
	icon: IconName;
	/** Other words by which it is found. */
	words?: string;
	run: () => void;
}

/** The commands that have every word of the query: those with this title come first. */
export function matching(list: Command[], query: string): Command[] {
	const wanted = query.toLowerCase();
	const words = wanted.split(/\s+/).filter(Boolean);
	const found = list.filter((one) => {
		const text = `${one.title} ${one.group} ${one.words ?? ''}`.toLowerCase();
		return words.every((word) => text.includes(word));
	});
	const rank = (one: Command) => {
		const title = one.title.toLowerCase();
		return title === wanted ? 0 : title.startsWith(wanted) ? 1 : 2;
	};
	return found.sort((a, b) => rank(a) - rank(b));
}
