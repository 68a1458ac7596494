// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

export interface ServerEvent {
	id?: string;
	data: string;
}

/** Splits a stream of text into events. An event is complete at its empty line. */
export class EventParser {
	#rest = '';
	#data: string[] = [];
	#id: string | undefined;

	/** The events that `text` completes. */
	push(text: string): ServerEvent[] {
		const events: ServerEvent[] = [];
		const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
		this.#rest = lines.pop() ?? '';
		for (const line of lines) {
			if (line === '') {
				if (this.#data.length > 0) events.push({ id: this.#id, data: this.#data.join('\n') });
				this.#data = [];
				continue;
			}
			const colon = line.indexOf(':');
			const name = colon < 0 ? line : line.slice(0, colon);
			const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
			if (name === 'data') this.#data.push(value);
			else if (name === 'id') this.#id = value;
		}
		return events;
	}
}
