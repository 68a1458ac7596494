// The answer of `get_user`, which the page of a user and the card in a client's chat show.

export interface User {
	username: string;
	status: string;
	enabled: boolean;
	created_at?: string;
	modified_at?: string;
	attributes: Record<string, string>;
	explanation?: string;
	groups: string[];
	mfa: string[];
	preferred_mfa?: string;
}
