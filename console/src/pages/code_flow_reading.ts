// The authorization-code flow with PKCE, as far as the debugger takes part in it.

/** What an application keeps between its request and the redirect back. */
export interface Attempt {
	state: string;
	nonce: string;
	/** The secret of PKCE. Absent: this browser cannot hash, or PKCE is not used. */
	verifier?: string;
	challenge?: string;
}

function encoded(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function random(length: number): string {
	return encoded(crypto.getRandomValues(new Uint8Array(length)));
}

/** The challenge of a verifier: the base64url form of its SHA-256 (RFC 7636, section 4.2). */
export async function challengeOf(verifier: string): Promise<string> {
	const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
	return encoded(new Uint8Array(digest));
}

export async function newAttempt(): Promise<Attempt> {
	const attempt: Attempt = { state: random(16), nonce: random(16) };
	// Browsers hash only on pages that are served securely or from this machine.
	if (!crypto.subtle) return attempt;
	const verifier = random(32);
	return { ...attempt, verifier, challenge: await challengeOf(verifier) };
}

/** What the redirect back says. */
export interface Callback {
	code?: string;
	error?: string;
	description?: string;
	/** Whether `state` is the one that was sent. */
	sameState: boolean;
	state?: string;
	/** Whether the address is the one that was asked for. */
	sameAddress: boolean;
}

/** Reads the address to which the browser was sent, or nothing if it is none. */
export function callbackOf(address: string, attempt: Attempt, redirect: string): Callback | undefined {
	let url: URL;
	try {
		url = new URL(address.trim());
	} catch {
		return undefined;
	}
	const query = url.searchParams;
	const code = query.get('code');
	const error = query.get('error');
	const description = query.get('error_description');
	const state = query.get('state');
	url.search = '';
	url.hash = '';
	return {
		...(code ? { code } : {}),
		...(error ? { error } : {}),
		...(description ? { description } : {}),
		...(state ? { state } : {}),
		sameState: state === attempt.state,
		sameAddress: withoutEnd(url.href) === withoutEnd(new URL(redirect).href.replace(/[?#].*$/, '')),
	};
}

function withoutEnd(address: string): string {
	return address.replace(/\/$/, '');
}

export interface Tokens {
	access_token?: string;
	id_token?: string;
	refresh_token?: string;
}

/** Tokens from the JSON of the token endpoint, or from one token alone. */
export function tokensOf(text: string): Tokens | undefined {
	const trimmed = text.trim();
	if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(trimmed)) return { access_token: trimmed };
	try {
		const read = JSON.parse(trimmed) as Tokens;
		return read.access_token || read.id_token ? read : undefined;
	} catch {
		return undefined;
	}
}

/** What the parameters of the first request are for. */
export const PARAMETERS: Record<string, string> = {
	client_id: 'The app client.',
	response_type: 'Asks for an authorization code.',
	redirect_uri: 'Where the browser goes with the code. It must be registered, character by character.',
	scope: 'What the access token may be used for.',
	state: 'A random value that comes back. The application compares it, so that no other site can begin the sign-in.',
	nonce: 'A random value that the ID token repeats.',
	code_challenge: 'The SHA-256 of a secret that the application shows when it exchanges the code (PKCE).',
	code_challenge_method: 'How the challenge was made.',
	lang: 'The language of the pages.',
	login_hint: 'The username that the page has filled in.',
	identity_provider: 'The provider to go to directly.',
	prompt: 'Whether the page may reuse a sign-in.',
};

/** A page of the domain, with the parameters of the address that begins a sign-in. */
export function pageOf(url: string, path: string): string {
	const page = new URL(url);
	page.pathname = path;
	return page.href;
}
