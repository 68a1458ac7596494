// The messages of the emulator with their codes, for the answer of `read_outbox`.

import { Badge, CopyButton, Empty, plural, Time } from '../components/basic.tsx';
import { Icon } from '../components/icon.tsx';
import { keyOf, purposeLabel, textOf, type Mail } from '../pages/mail_reading.ts';
import { start } from './frame.tsx';

start('outbox', (answer) => <Outbox messages={(answer.messages ?? []) as unknown as Mail[]} older={Number(answer.older ?? 0)} />);

function Outbox({ messages, older }: { messages: Mail[]; older: number }) {
	if (messages.length === 0) {
		return (
			<Empty icon="mail" title="No messages">
				The emulator has sent none that match.
			</Empty>
		);
	}
	return (
		<>
			<h1 class="sr">Messages</h1>
			<ul class="app-messages">
				{messages.map((mail) => (
					<li key={keyOf(mail)}>
						<p class="app-message-head">
							<Icon name={mail.medium === 'SMS' ? 'phone' : 'mail'} />
							<strong>{mail.destination}</strong>
							<Badge>{purposeLabel(mail.purpose)}</Badge>
							<span class="about">
								<Time at={mail.sent_at} />
							</span>
						</p>
						{mail.code && (
							<p class="app-code">
								<code>{mail.code}</code>
								<CopyButton text={mail.code} label={`Copy the code for ${mail.destination}`} secret />
							</p>
						)}
						{mail.subject && <p class="app-subject">{mail.subject}</p>}
						<p class="about mail-text">{textOf(mail.body)}</p>
					</li>
				))}
			</ul>
			{older > 0 && <p class="about">{plural(older, 'older message')}</p>}
		</>
	);
}
