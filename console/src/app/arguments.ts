// Arguments from the fields of a form.

import type { Json, JsonObject } from '../mcp/types.ts';

/** The values that differ from the initial ones. A list that was emptied becomes empty. */
export function changedOnly(initial: JsonObject, values: JsonObject): JsonObject {
	const changed: JsonObject = {};
	for (const [name, value] of Object.entries(values)) {
		if (!equal(initial[name], value)) changed[name] = value;
	}
	for (const [name, value] of Object.entries(initial)) {
		if (!(name in values) && Array.isArray(value) && value.length > 0) changed[name] = [];
	}
	return changed;
}

/** Lists of settings have no order. */
function equal(a: Json | undefined, b: Json): boolean {
	if (Array.isArray(a) && Array.isArray(b)) return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
	return JSON.stringify(a) === JSON.stringify(b);
}
