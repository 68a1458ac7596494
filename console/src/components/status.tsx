// The status of a user.

import { Badge, type Tone } from './basic.tsx';

const TONES: Record<string, Tone> = {
	CONFIRMED: 'good',
	UNCONFIRMED: 'warn',
	FORCE_CHANGE_PASSWORD: 'warn',
	RESET_REQUIRED: 'warn',
	COMPROMISED: 'bad',
	EXTERNAL_PROVIDER: 'accent',
};

/** `FORCE_CHANGE_PASSWORD` as `Force change password`. */
export function Status({ status }: { status: string }) {
	const words = status.replaceAll('_', ' ').toLowerCase();
	return (
		<span title={status}>
			<Badge tone={TONES[status] ?? 'neutral'}>{words.charAt(0).toUpperCase() + words.slice(1)}</Badge>
		</span>
	);
}
