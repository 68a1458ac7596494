// Commands of the AWS CLI that send the same requests as a call.

import type { Json, JsonObject } from '../mcp/types.ts';

/** A request as a dry run reports it, and as the result of a call lists it. */
export interface SentRequest {
	operation: string;
	input: JsonObject;
}

/** A request to a domain, such as `POST https://…/oauth2/token`, which the AWS CLI does not send. */
const TO_DOMAIN = /^(GET|POST) (https?:.*)$/;

/** The command that sends the request. Absent: it is a control of the emulator. */
export function commandOf(request: SentRequest, options: { region?: string; endpoint?: string } = {}): string | undefined {
	const [, method, url] = TO_DOMAIN.exec(request.operation) ?? [];
	if (method && url) return curlCommand(method, url, request.input);
	// The names of the emulator's own tools are in lower case.
	return /^[A-Z]/.test(request.operation) ? awsCommand(request, options) : undefined;
}

/** A command that sends `fields` as a form. */
export function curlCommand(method: string, url: string, fields: JsonObject, options: string[] = []): string {
	const parts = [`curl ${method === 'POST' ? '' : `--request ${method} `}${quoted(url)}`, ...options];
	for (const [name, value] of Object.entries(fields)) {
		if (value !== null) parts.push(`--data-urlencode ${quoted(`${name}=${String(value)}`)}`);
	}
	return parts.join(' \\\n  ');
}

/** The command of the AWS CLI, on several lines if it is long. */
export function awsCommand(request: SentRequest, options: { region?: string; endpoint?: string } = {}): string {
	const parts = [`aws cognito-idp ${dashed(request.operation)}`];
	if (options.region) parts.push(`--region ${quoted(options.region)}`);
	if (options.endpoint) parts.push(`--endpoint-url ${quoted(options.endpoint)}`);
	if (Object.values(request.input).some(isAmbiguous)) {
		parts.push(`--cli-input-json ${quoted(JSON.stringify(request.input))}`);
		return parts.join(' \\\n  ');
	}
	for (const [name, value] of Object.entries(request.input)) {
		if (value === null) continue;
		const flag = dashed(name);
		if (typeof value === 'boolean') parts.push(value ? `--${flag}` : `--no-${flag}`);
		else parts.push(`--${flag} ${valueOf(value)}`);
	}
	const line = parts.join(' ');
	return line.length <= 88 ? line : parts.join(' \\\n  ');
}

/** The name of an operation or a member in the AWS CLI, as botocore's `xform_name` derives it. */
export function dashed(name: string): string {
	let rest = name;
	let plural = '';
	const acronym = /[A-Z]{2,}s$/.exec(rest);
	if (acronym) {
		plural = `-${acronym[0].toLowerCase()}`;
		rest = rest.slice(0, -acronym[0].length);
	}
	return (
		rest
			.replace(/(.)([A-Z][a-z]+)/g, '$1-$2')
			.replace(/([a-z])([0-9]+)/g, '$1-$2')
			.replace(/([a-z0-9])([A-Z])/g, '$1-$2')
			.toLowerCase() + plural
	);
}

/** Whether the AWS CLI would read the text as an option, or as the name of a file. */
function isAmbiguous(value: Json): boolean {
	return typeof value === 'string' && /^(-|fileb?:\/\/)/.test(value);
}

function valueOf(value: Json): string {
	if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
		return value.map((item) => quoted(item)).join(' ');
	}
	if (typeof value === 'string') return quoted(value);
	return quoted(JSON.stringify(value));
}

/** A word for a POSIX shell. */
export function quoted(text: string): string {
	return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
