// The messages that Cognito would have sent by e-mail and SMS, live, with their codes.

import { useState } from 'preact/hooks';
import { useList } from '../app/pages_of_list.ts';
import { link, route, setQuery } from '../app/router.ts';
import { about, poolId } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, Card, CodeBlock, CopyButton, Empty, Facts, Loading, PageHeader, plural, Tabs, Time, type Tone } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs } from '../components/call.tsx';
import { EmulatorOnly } from '../components/emulator_only.tsx';
import { CallDialog } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { DataTable, type Column } from '../components/table.tsx';
import { isMarkup, isWebAddress, keyOf, matches, purposeLabel, textOf, type Mail } from './mail_reading.ts';

/** What the code of a purpose is, and what it is for where the page cannot use it. */
const PURPOSES: Record<string, { tone: Tone; code?: string; use?: string }> = {
	SignUp: { tone: 'accent' },
	PasswordReset: { tone: 'warn' },
	Invitation: { tone: 'good', code: 'Temporary password' },
	AttributeVerification: { tone: 'neutral', use: 'The user enters it while signed in, in your application: it verifies the address or number.' },
	SignIn: { tone: 'neutral', use: 'It answers the challenge of a sign-in: enter it in the application that has the sign-in in progress.' },
	Notification: { tone: 'neutral', code: 'Feedback token' },
};

function purposeOf(mail: Mail): { label: string; tone: Tone; code: string; use?: string } {
	return { label: purposeLabel(mail.purpose), code: 'Code', ...(PURPOSES[mail.purpose] ?? { tone: 'neutral' }) };
}

const COLUMNS: Column<Mail>[] = [
	{ id: 'to', label: 'To', cell: (one) => <To mail={one} />, sort: (one) => one.destination },
	{
		id: 'code',
		label: 'Code',
		width: '10rem',
		cell: (one) =>
			one.code && (
				<span class="mail-code">
					<code>{one.code}</code>
					<CopyButton text={one.code} label={`Copy the ${purposeOf(one).code.toLowerCase()} of ${one.destination}`} secret />
				</span>
			),
	},
	{ id: 'purpose', label: 'For', width: '10.75rem', wide: true, cell: (one) => <Badge tone={purposeOf(one).tone}>{purposeOf(one).label}</Badge>, sort: (one) => one.purpose },
];

function To({ mail }: { mail: Mail }) {
	return (
		<span class="mail-to">
			<Icon name={mail.medium === 'SMS' ? 'phone' : 'mail'} />
			<span>{mail.destination}</span>
			<span class="sr"> by {mail.medium === 'SMS' ? 'SMS' : 'e-mail'}</span>
		</span>
	);
}

export function MailPage() {
	return (
		<EmulatorOnly title="Mail and SMS" icon="mail" because="Cognito on AWS sends its messages to the users, and keeps none.">
			<Outbox />
		</EmulatorOnly>
	);
}

function Outbox() {
	const pool = poolId.value;
	const { query } = route.value;
	const all = query.pools === 'all';
	const args: JsonObject | undefined = all ? { limit: 60 } : pool ? { limit: 60, user_pool_id: pool } : undefined;
	const list = useList<Mail>('read_outbox', args, (answer) => answer.messages as unknown as Mail[], keyOf, { live: ['cognito://emulator/outbox'] });
	const found = list.items.filter((mail) => matches(mail, query.q ?? ''));
	const shown = found.find((mail) => keyOf(mail) === query.message) ?? found[0];
	return (
		<div class="page">
			<PageHeader title="Mail and SMS" about="What Cognito would have sent to users. The emulator sends nothing, so every message ends here.">
				<span class="live" title="New messages appear here at once">
					Live
				</span>
			</PageHeader>
			{list.error && <ErrorPanel error={list.error} onAgain={list.reload} />}
			<div class="toolbar">
				<label class="search-field">
					<span class="sr">Search messages</span>
					<Icon name="search" />
					<input type="search" data-search placeholder="Recipient, username or text" value={query.q ?? ''} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
				</label>
				<label class="option">
					<input type="checkbox" checked={all} onChange={(event) => setQuery({ pools: event.currentTarget.checked ? 'all' : undefined })} />
					All user pools
				</label>
			</div>
			{list.loading ? (
				<Loading lines={4} />
			) : (
				<div class={shown ? 'split mail' : ''}>
					<DataTable
						label="Messages"
						columns={COLUMNS}
						rows={found}
						keyOf={keyOf}
						onOpen={(mail) => setQuery({ message: keyOf(mail) })}
						current={shown && keyOf(shown)}
						onMore={list.more}
						empty={<NoMail filtered={!!query.q && list.items.length > 0} />}
					/>
					{shown && <MailCard key={keyOf(shown)} mail={shown} />}
				</div>
			)}
			<p class="list-status" role="status">
				{list.items.length > 0 && (query.q ? `${plural(found.length, 'message')} of ${list.items.length}` : plural(list.items.length + list.older, 'message'))}
			</p>
			<SameAs tool={list.call.tool} arguments={list.call.arguments} />
		</div>
	);
}

function NoMail({ filtered }: { filtered: boolean }) {
	if (filtered) {
		return (
			<Empty icon="search" title="No message matches" actions={<Button onClick={() => setQuery({ q: undefined })}>Show all messages</Button>}>
				The search covers recipients, usernames, subjects and texts.
			</Empty>
		);
	}
	return (
		<Empty
			icon="mail"
			title="No messages yet"
			actions={
				<a class="button" href={link(['users'])}>
					Users
				</a>
			}
		>
			Sign up in your application, invite a user, or ask for a forgotten password: the message appears here at once, with its code.
		</Empty>
	);
}

function MailCard({ mail }: { mail: Mail }) {
	const { code: label, use } = purposeOf(mail);
	return (
		<Card title={mail.subject || (mail.medium === 'SMS' ? 'SMS' : 'E-mail')} class="mail-card">
			{mail.code && (
				<div class="mail-code-large">
					<div>
						<span class="label">{label}</span>
						<code>{mail.code}</code>
					</div>
					<CopyButton text={mail.code} label={`Copy the ${label.toLowerCase()}`} secret />
					<div class="actions">
						<UseCode mail={mail} />
					</div>
				</div>
			)}
			{use && <p class="about">{use}</p>}
			<Facts
				rows={[
					['To', mail.destination],
					['User', mail.username && <a href={link(['users', mail.username], { pool: mail.user_pool_id })}>{mail.username}</a>],
					['For', purposeOf(mail).label],
					['Sent', <Time key="sent" at={mail.sent_at} />],
					...(mail.link ? [['Link', <MailLink key="link" link={mail.link} />] as [string, preact.ComponentChildren]] : []),
				]}
			/>
			<Content mail={mail} />
		</Card>
	);
}

function MailLink({ link: address }: { link: string }) {
	if (!isWebAddress(address)) return <code>{address}</code>;
	return (
		<span class="value">
			<a href={address} target="_blank" rel="noopener noreferrer">
				Open the link
			</a>
			<CopyButton text={address} label="Copy the link" secret />
		</span>
	);
}

/** The message as its reader sees it, as text, and as it was sent. */
function Content({ mail }: { mail: Mail }) {
	const canPreview = mail.medium !== 'SMS' && isMarkup(mail.body);
	const [open, setOpen] = useState<'preview' | 'text' | 'raw'>(canPreview ? 'preview' : 'text');
	return (
		<Tabs
			label="Message"
			tabs={[...(canPreview ? [{ id: 'preview' as const, label: 'Preview' }] : []), { id: 'text', label: 'Text' }, { id: 'raw', label: 'Raw' }]}
			open={open}
			onOpen={setOpen}
		>
			{open === 'preview' && (
				<>
					{/* An empty sandbox: no scripts, forms, links or storage. The page's policy also stops images of other servers and styles. */}
					<iframe class="mail-preview" sandbox="" srcdoc={mail.body} title="Preview of the message" referrerpolicy="no-referrer" />
					<p class="field-about">The preview has no scripts, links, styles or remote images.</p>
				</>
			)}
			{open === 'text' && <p class="mail-text">{textOf(mail.body)}</p>}
			{open === 'raw' && <CodeBlock text={mail.body} label="message" wrap />}
		</Tabs>
	);
}

/** Finishes with the code what the message is for. */
function UseCode({ mail }: { mail: Mail }) {
	const pool = mail.user_pool_id ?? poolId.value;
	const needsClient = mail.purpose === 'SignUp' || mail.purpose === 'PasswordReset' || mail.purpose === 'Invitation';
	const isDefault = pool === about.value?.default_user_pool_id && about.value?.default_client_id;
	const clients = useTool<{ clients: { client_id: string }[] }>('list_clients', needsClient && pool && !isDefault ? { user_pool_id: pool, limit: 1 } : undefined);
	const [open, setOpen] = useState(false);
	const [used, setUsed] = useState('');
	const client = isDefault ? about.value?.default_client_id : clients.answer?.clients[0]?.client_id;
	if (!mail.username || !mail.code || !pool || (needsClient && clients.loading)) return null;
	const args: JsonObject = { user_pool_id: pool, username: mail.username, ...(client ? { client_id: client } : {}) };
	if (used) return <Badge tone="good">{used}</Badge>;
	switch (mail.purpose) {
		case 'SignUp':
			return (
				<CallButton tool="confirm_sign_up" arguments={{ ...args, code: mail.code }} tone="primary" icon="check" done={`${mail.username} is confirmed.`} onDone={() => setUsed('Confirmed')}>
					Confirm the sign-up
				</CallButton>
			);
		case 'PasswordReset':
			return (
				<>
					<Button tone="primary" icon="key" onClick={() => setOpen(true)}>
						Set a new password
					</Button>
					{open && (
						<CallDialog
							tool="confirm_forgot_password"
							title={`New password of ${mail.username}`}
							about="The code of the message is used for it."
							arguments={{ ...args, code: mail.code }}
							fields={['new_password']}
							submit="Set the password"
							done={`${mail.username} has a new password.`}
							onDone={() => setUsed('Password set')}
							onClose={() => setOpen(false)}
						/>
					)}
				</>
			);
		case 'Invitation':
			return (
				<a class="button" href={link(['users', mail.username], { pool })}>
					Open the user
				</a>
			);
		default:
			return null;
	}
}
