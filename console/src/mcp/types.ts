// The messages of MCP (revision 2026-07-28) that the console uses.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** The keywords of JSON Schema that the forms of the console use. */
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

/** The result of `tools/call`: an answer, an error, or the elicitations that the server requires
 * before it executes the call. */
export interface CallToolResult {
	resultType?: 'complete' | 'input_required';
	content?: { type: string; text?: string }[];
	structuredContent?: JsonObject;
	isError?: boolean;
	inputRequests?: Record<string, { method: string; params: ElicitRequestParams }>;
	requestState?: string;
	_meta?: JsonObject;
}

/** The result of `server/discover`. */
export interface DiscoverResult {
	serverInfo?: { name: string; title?: string; version: string };
	capabilities: { resources?: { subscribe?: boolean } };
	instructions?: string;
}

export interface Progress {
	progress: number;
	total?: number;
	message?: string;
}

/** An elicitation: the server asks the user of the console. */
export interface ElicitRequestParams {
	message: string;
	requestedSchema: Schema;
}

/** The response of the user to an elicitation. */
export interface ElicitResult {
	action: 'accept' | 'decline' | 'cancel';
	content?: JsonObject;
}

export interface JsonRpcMessage {
	jsonrpc: '2.0';
	id?: number | string;
	method?: string;
	params?: JsonObject;
	result?: Json;
	error?: { code: number; message: string; data?: Json };
}
