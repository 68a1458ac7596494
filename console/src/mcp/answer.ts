// The outcome of a tool: its answer, or its error with the correction that the server suggests.

import type { CallToolResult, Json, JsonObject } from './types.ts';

/** A call of a tool that an answer suggests, such as the retry of an error. */
export interface Suggested {
	tool: string;
	arguments: JsonObject;
}

export interface Problem {
	pointer?: string;
	message: string;
	received?: Json;
	allowed?: Json;
}

/** The error of a tool, as the server words it. */
export interface ToolError {
	code: string;
	/** One sentence. */
	message: string;
	hint?: string;
	problems: Problem[];
	retry?: Suggested;
	retryable?: boolean;
	request_id?: string;
}

/** `meta` has what only the console gets, such as the requests that the call sent. */
export type Outcome = { meta?: JsonObject } & ({ ok: true; answer: JsonObject } | { ok: false; error: ToolError });

/** Reads the result of `tools/call`. */
export function outcomeOf(result: CallToolResult): Outcome {
	const text = result.content?.find((part) => part.type === 'text')?.text ?? '';
	const meta = result._meta ? { meta: result._meta } : {};
	if (result.isError) return { ok: false, error: errorOf(text), ...meta };
	const answer = result.structuredContent ?? (parsed(text) as JsonObject | undefined) ?? {};
	return { ok: true, answer, ...meta };
}

/** An error is a sentence, and JSON in the last line. */
function errorOf(text: string): ToolError {
	const end = text.lastIndexOf('\n{');
	const details = end < 0 ? undefined : (parsed(text.slice(end + 1)) as Partial<ToolError> | undefined);
	const sentence = (end < 0 ? text : text.slice(0, end)).replace(/^Error: /, '');
	return {
		code: details?.code ?? 'Error',
		message: details?.message ?? sentence,
		problems: details?.problems ?? [],
		...(details?.hint ? { hint: details.hint } : {}),
		...(details?.retry ? { retry: details.retry } : {}),
		...(details?.retryable !== undefined ? { retryable: details.retryable } : {}),
		...(details?.request_id ? { request_id: details.request_id } : {}),
	};
}

function parsed(text: string): Json | undefined {
	try {
		return JSON.parse(text) as Json;
	} catch {
		return undefined;
	}
}

/** The error of a call that got no result. */
export function failed(error: unknown): ToolError {
	const message = error instanceof Error ? error.message : String(error);
	const code = error instanceof Error ? error.name : 'Error';
	return { code, message, problems: [] };
}
