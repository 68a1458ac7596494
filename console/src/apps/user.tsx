// The card of a user, for the answer of `get_user`.

import type { User } from '../app/user.ts';
import { Badge, Facts, Time, Value } from '../components/basic.tsx';
import { Icon } from '../components/icon.tsx';
import { start } from './frame.tsx';

start('user', (answer) => <UserCard user={answer as unknown as User} />);

function UserCard({ user }: { user: User }) {
	const { sub, ...attributes } = user.attributes ?? {};
	const verified = (name: string) => attributes[`${name}_verified`] === 'true';
	const shown = Object.entries(attributes).filter(([name]) => !/^(email|phone_number)_verified$/.test(name));
	return (
		<>
			<header class="app-header">
				<span class="avatar">
					<Icon name="user" />
				</span>
				<div>
					<h1>{user.username}</h1>
					<p class="badges">
						<Badge tone={user.status === 'CONFIRMED' ? 'good' : 'warn'}>{user.status}</Badge>
						<Badge tone={user.enabled ? 'neutral' : 'bad'}>{user.enabled ? 'Enabled' : 'Disabled'}</Badge>
						{user.mfa?.map((one) => (
							<Badge key={one} tone="good">
								{one}
							</Badge>
						))}
					</p>
				</div>
			</header>
			{user.explanation && <p>{user.explanation.charAt(0).toUpperCase() + user.explanation.slice(1)}.</p>}
			<Facts
				rows={[
					...shown.map(([name, value]): [string, preact.ComponentChildren] => [
						name,
						<span key={name}>
							{value} {(name === 'email' || name === 'phone_number') && <Badge tone={verified(name) ? 'good' : 'neutral'}>{verified(name) ? 'Verified' : 'Not verified'}</Badge>}
						</span>,
					]),
					['Groups', user.groups?.length ? user.groups.join(', ') : undefined],
					...(sub ? [['sub', <Value key="sub" text={sub} label="Copy sub" />] as [string, preact.ComponentChildren]] : []),
					['Created', user.created_at && <Time at={user.created_at} />],
					['Changed', user.modified_at && <Time at={user.modified_at} />],
				]}
			/>
		</>
	);
}
