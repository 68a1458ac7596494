// Messages of the outbox, as the page of mail reads them.

/** A message of `read_outbox`. */
export interface Mail {
	/** The code, or the temporary password of an invitation. */
	code?: string;
	purpose: string;
	username?: string;
	destination: string;
	/** `EMAIL` or `SMS`. */
	medium: string;
	subject?: string;
	body: string;
	link?: string;
	user_pool_id?: string;
	sent_at: string;
}

const PURPOSES: Record<string, string> = {
	SignUp: 'Sign-up',
	PasswordReset: 'Forgotten password',
	AttributeVerification: 'Verification',
	SignIn: 'Sign-in',
};

/** Why it was sent, in words. */
export function purposeLabel(purpose: string): string {
	return PURPOSES[purpose] ?? purpose;
}

/** Identifies a message. It has no secret, because the address of the page contains it. */
export function keyOf(mail: Mail): string {
	return [mail.sent_at, mail.purpose, mail.medium, mail.destination, mail.username ?? ''].join(' ');
}

export function matches(mail: Mail, search: string): boolean {
	const words = search.toLowerCase().split(/\s+/).filter(Boolean);
	const text = [mail.destination, mail.username, mail.subject, mail.body, mail.purpose].join('\n').toLowerCase();
	return words.every((word) => text.includes(word));
}

/** Whether the text has HTML elements, which mail programs show. */
export function isMarkup(body: string): boolean {
	return /<[a-z!/][^>]*>/i.test(body);
}

export function isWebAddress(link: string): boolean {
	return /^https?:\/\//i.test(link);
}

/** Elements after which a line ends. */
const LINES = 'p, div, tr, li, h1, h2, h3, h4, table, ul, ol, blockquote';

/** The text of HTML. The document that is parsed for it is inert: it loads and executes nothing. */
export function textOf(body: string): string {
	if (!isMarkup(body)) return body;
	const parsed = new DOMParser().parseFromString(body, 'text/html');
	for (const hidden of parsed.querySelectorAll('script, style, title, template')) hidden.remove();
	for (const end of parsed.querySelectorAll('br')) end.replaceWith('\n');
	for (const block of parsed.querySelectorAll(LINES)) block.append('\n');
	return (parsed.body.textContent ?? '').replace(/[ \t]+/g, ' ').replace(/ ?\n ?/g, '\n').replace(/\n{3,}/g, '\n\n').trim();
}
