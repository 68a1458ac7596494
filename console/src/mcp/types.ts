// The messages of MCP (revision 2026-07-28) that the console uses.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** A JSON schema, as far as forms read it. */
export interface Schema {
	type?: string | string[];
	title?: string;
	description?: string;
	default?: Json;
	enum?: Json[];
	items?: Schema;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	maxItems?: number;
	writeOnly?: boolean;
	format?: string;
}

export interface Tool {
	name: string;
	title?: string;
	description?: string;
	inputSchema: Schema;
	outputSchema?: Schema;
	annotations?: {
		readOnlyHint?: boolean;
		destructiveHint?: boolean;
		idempotentHint?: boolean;
	};
}

/** The result of `tools/call`: an answer, an error, or questions that come first. */
export interface CallResult {
	resultType?: 'complete' | 'input_required';
	content?: { type: string; text?: string }[];
	structuredContent?: JsonObject;
	isError?: boolean;
	inputRequests?: Record<string, { method: string; params: Question }>;
	requestState?: string;
	_meta?: JsonObject;
}

export interface Discovered {
	serverInfo?: { name: string; title?: string; version: string };
	capabilities: { resources?: { subscribe?: boolean } };
	instructions?: string;
}

export interface Progress {
	progress: number;
	total?: number;
	message?: string;
}

/** A question of the server to the person at the page. */
export interface Question {
	message: string;
	requestedSchema: Schema;
}

export interface Answer {
	action: 'accept' | 'decline' | 'cancel';
	content?: JsonObject;
}

export interface Message {
	jsonrpc: '2.0';
	id?: number | string;
	method?: string;
	params?: JsonObject;
	result?: Json;
	error?: { code: number; message: string; data?: Json };
}
