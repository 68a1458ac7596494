// One user: what is known, what the user can sign in with, and why a sign-in fails.

import { useState } from 'preact/hooks';
import { go, link, route, setQuery } from '../app/router.ts';
import { isAllowed, isEmulated, poolId } from '../app/server.ts';
import { useMounted, useTool } from '../app/tool.ts';
import type { User } from '../app/user.ts';
import { Badge, Button, Card, CopyButton, Empty, Facts, Loading, PageHeader, plural, Prose, Tabs, Time, Value } from '../components/basic.tsx';
import { CallButton, ErrorDialog, ErrorPanel, SameAs, titleOf, useAction, sentence } from '../components/call.tsx';
import { CallDialog } from '../components/form.tsx';
import { Menu, type MenuItem } from '../components/menu.tsx';
import { Status } from '../components/status.tsx';
import { SuggestedButton } from '../components/suggested.tsx';
import { useCommands } from '../components/palette.tsx';
import { toast } from '../components/toast.tsx';
import { AttributesDialog } from './user_attributes.tsx';
import { Diagnosis } from './user_diagnosis.tsx';

type Tab = 'overview' | 'sign-in' | 'factors' | 'messages' | 'events';

/** An action without a form. */
interface Direct {
	tool: string;
	label: string;
	done: string;
	danger?: boolean;
}

export function UserPage({ id }: { id: string }) {
	const pool = poolId.value;
	const { answer: user, error, loading, reload } = useTool<User>('get_user', pool ? { user_pool_id: pool, username: id } : undefined, {
		live: pool ? [`cognito://pools/${pool}/users/${encodeURIComponent(id)}`] : [],
	});
	const [dialog, setDialog] = useState<'password' | 'attributes'>();
	const { run, error: failure, clear } = useAction();
	const [failed, setFailed] = useState<Direct>();
	const tab = (route.value.query.tab ?? 'overview') as Tab;
	const args = { user_pool_id: pool ?? '', username: id };

	const direct: Direct[] = [];
	if (user) {
		if (user.status === 'UNCONFIRMED') direct.push({ tool: 'confirm_user', label: 'Confirm', done: 'The user is confirmed.' });
		if (!user.enabled) direct.push({ tool: 'enable_user', label: 'Enable', done: 'The user is enabled.' });
		direct.push({ tool: 'sign_out_user', label: 'Sign out everywhere', done: 'The user was signed out everywhere.' });
		direct.push({ tool: 'require_password_reset', label: 'Require a new password', done: 'The user has to choose a new password.' });
		if (isEmulated.value) direct.push({ tool: 'unlock_user', label: 'Unlock', done: 'The lock was ended.' });
		if (user.enabled) direct.push({ tool: 'disable_user', label: 'Disable', done: 'The user is disabled.', danger: true });
		direct.push({ tool: 'delete_user', label: 'Delete', done: 'The user was deleted.', danger: true });
	}
	const mounted = useMounted();
	const execute = async (action: Direct) => {
		const locked = !isAllowed(action.tool);
		setFailed(action);
		const outcome = await run(action.tool, locked ? { ...args, dry_run: true } : args);
		if (!outcome.ok || locked) return;
		toast(action.done);
		if (action.tool === 'delete_user' && mounted.current) go(['users']);
	};
	const items: MenuItem[] = direct.map((action) => ({
		label: action.label,
		...(isAllowed(action.tool) ? {} : { icon: 'lock' as const }),
		...(action.danger ? { tone: 'danger' as const } : {}),
		run: () => void execute(action),
	}));
	useCommands([
		{ title: `Reset the password of ${id}`, group: 'User', icon: 'key', run: () => setDialog('password') },
		{ title: `Why can ${id} not sign in?`, group: 'User', icon: 'shield', run: () => setQuery({ tab: 'sign-in' }) },
		...direct.map((action) => ({ title: `${action.label}: ${id}`, group: 'User', icon: 'user' as const, run: () => void execute(action) })),
	]);

	const header = (
		<PageHeader
			title={id}
			back={{ href: link(['users']), label: 'Users' }}
			about={
				user && (
					<span class="badges">
						<Status status={user.status} />
						{user.enabled ? <Badge>Enabled</Badge> : <Badge tone="bad">Disabled</Badge>}
						{user.mfa.length > 0 && <Badge tone="good">MFA</Badge>}
					</span>
				)
			}
		>
			{user && (
				<>
					<Button icon={isAllowed('reset_password') ? 'key' : 'lock'} onClick={() => setDialog('password')}>
						Reset password
					</Button>
					<Menu label="Other actions" items={items}>
						Actions
					</Menu>
				</>
			)}
		</PageHeader>
	);
	if (error) {
		return (
			<div class="page">
				{header}
				<ErrorPanel error={error} onAgain={reload} />
			</div>
		);
	}
	return (
		<div class="page">
			{header}
			{!user && loading && <Loading lines={6} />}
			{user && (
				<Tabs<Tab>
					label="Parts of the user"
					open={tab}
					onOpen={(next) => setQuery({ tab: next === 'overview' ? undefined : next })}
					tabs={[
						{ id: 'overview', label: 'Overview' },
						{ id: 'sign-in', label: 'Sign-in' },
						{ id: 'factors', label: 'Factors and devices' },
						...(isAllowed('read_outbox') ? [{ id: 'messages' as const, label: 'Messages' }] : []),
						{ id: 'events', label: 'Events' },
					]}
				>
					{tab === 'overview' && <Overview user={user} onChange={() => setDialog('attributes')} />}
					{tab === 'sign-in' && <Diagnosis username={user.username} />}
					{tab === 'factors' && <Factors username={user.username} />}
					{tab === 'messages' && <Messages username={user.username} />}
					{tab === 'events' && <Events username={user.username} />}
				</Tabs>
			)}
			{dialog === 'password' && (
				<CallDialog
					tool="reset_password"
					title={`Reset the password of ${id}`}
					arguments={args}
					fields={['new_password', 'permanent']}
					initial={isAllowed('reset_password') ? { permanent: true } : {}}
					submit="Set the password"
					done="The password was set."
					onClose={() => setDialog(undefined)}
				/>
			)}
			{dialog === 'attributes' && user && <AttributesDialog username={user.username} attributes={user.attributes} onClose={() => setDialog(undefined)} />}
			{failure && failed && <ErrorDialog title={titleOf(failed.tool)} error={failure} call={{ tool: failed.tool, arguments: args }} onClose={clear} onAgain={() => void execute(failed)} />}
		</div>
	);
}

function Overview({ user, onChange }: { user: User; onChange: () => void }) {
	const pool = poolId.value ?? '';
	const [adding, setAdding] = useState(false);
	const names = Object.keys(user.attributes).sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
	return (
		<div class="columns two">
			<Card
				title="Attributes"
				actions={
					<Button small icon={isAllowed('update_user') ? 'settings' : 'lock'} onClick={onChange}>
						Change
					</Button>
				}
			>
				<Facts rows={names.map((name) => [name, <AttributeValue key={name} value={user.attributes[name] ?? ''} />])} />
			</Card>
			<div class="stack">
				<Card title="Status">
					{user.explanation && (
						<p>
							<Prose text={sentence(capital(user.explanation))} />
						</p>
					)}
					<Facts
						rows={[
							['Status', <code key="status">{user.status}</code>],
							['Second factors', user.mfa.length > 0 && user.mfa.join(', ')],
							['Created', <Time key="created" at={user.created_at} />],
							['Modified', <Time key="modified" at={user.modified_at} />],
						]}
					/>
					<SameAs tool="get_user" arguments={{ user_pool_id: pool, username: user.username }} />
				</Card>
				<Card
					title="Groups"
					actions={
						<Button small icon={isAllowed('add_user_to_group') ? 'plus' : 'lock'} onClick={() => setAdding(true)}>
							Add
						</Button>
					}
				>
					{user.groups.length === 0 ? (
						<p class="about">The user is in no group.</p>
					) : (
						<ul class="rows">
							{user.groups.map((group) => (
								<li key={group}>
									<a href={link(['groups'], { group })}>{group}</a>
									<CallButton tool="remove_user_from_group" arguments={{ user_pool_id: pool, username: user.username, group }} tone="quiet" small done={`Removed from ${group}.`}>
										Remove
									</CallButton>
								</li>
							))}
						</ul>
					)}
				</Card>
			</div>
			{adding && (
				<CallDialog
					tool="add_user_to_group"
					title={`Add ${user.username} to a group`}
					arguments={{ user_pool_id: pool, username: user.username }}
					fields={['group']}
					submit="Add"
					done="The user was added to the group."
					onClose={() => setAdding(false)}
				/>
			)}
		</div>
	);
}

/** The attributes that people look for first. */
const FIRST = ['email', 'email_verified', 'phone_number', 'phone_number_verified', 'name', 'given_name', 'family_name', 'preferred_username'];

function order(name: string): number {
	const at = FIRST.indexOf(name);
	return at >= 0 ? at : name === 'sub' ? 900 : 100;
}

function AttributeValue({ value }: { value: string }) {
	return (
		<span class="value">
			<span class="attribute">{value}</span>
			<CopyButton text={value} />
		</span>
	);
}

export function capital(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

interface FactorsOf {
	explanation?: string;
	second_factors: string[];
	preferred?: string;
	configured: string[];
	has_passkey: boolean;
	addresses: { attribute: string; verified: boolean }[];
	pool_mfa: string;
	pool_factors: string[];
}

interface Device {
	device_key: string;
	name?: string;
	remembered?: boolean;
	last_ip_used?: string;
	created_at?: string;
	last_sign_in_at?: string;
}

function Factors({ username }: { username: string }) {
	const args = { user_pool_id: poolId.value ?? '', username };
	const factors = useTool<FactorsOf>('get_user_factors', args);
	const devices = useTool<{ devices: Device[] }>('list_devices', args);
	const [changing, setChanging] = useState(false);
	const found = factors.answer;
	const hasApp = found?.second_factors.includes('SOFTWARE_TOKEN_MFA') || found?.configured.includes('SOFTWARE_TOKEN');
	return (
		<div class="columns two">
			<Card
				title="Factors"
				about={found?.explanation && <Prose text={found.explanation} />}
				actions={
					<Button small icon={isAllowed('set_mfa_preference') ? 'settings' : 'lock'} onClick={() => setChanging(true)}>
						Change
					</Button>
				}
			>
				{factors.error && <ErrorPanel error={factors.error} onAgain={factors.reload} />}
				{!found && factors.loading && <Loading />}
				{found && (
					<Facts
						rows={[
							['First factors', found.configured.length > 0 && <Names names={found.configured} />],
							['Passkey', found.has_passkey ? 'Set up' : 'None'],
							['Second factors', found.second_factors.length > 0 && <Names names={found.second_factors} />],
							['Preferred', found.preferred],
							[
								'Codes can go to',
								found.addresses.length > 0 && (
									<span class="badges">
										{found.addresses.map((one) => (
											<Badge key={one.attribute} tone={one.verified ? 'good' : 'warn'}>
												{one.attribute} {one.verified ? 'verified' : 'not verified'}
											</Badge>
										))}
									</span>
								),
							],
							['Pool requires', found.pool_mfa],
						]}
					/>
				)}
				{hasApp && (
					<div class="actions">
						<CallButton tool="remove_authenticator_app" arguments={args} tone="danger" small done="The authenticator app was removed.">
							Remove the authenticator app
						</CallButton>
					</div>
				)}
				<SameAs tool="get_user_factors" arguments={args} />
			</Card>
			<Card title="Devices">
				{devices.error && <ErrorPanel error={devices.error} onAgain={devices.reload} />}
				{!devices.answer && devices.loading && <Loading />}
				{devices.answer?.devices.length === 0 && (
					<Empty icon="screen" title="No devices">
						A device appears when the user signs in with SRP and the pool's device tracking is on.
					</Empty>
				)}
				<ul class="rows">
					{devices.answer?.devices.map((device) => (
						<li key={device.device_key} class="device">
							<div>
								<strong>{device.name ?? 'Device'}</strong> {device.remembered && <Badge tone="good">Remembered</Badge>}
								<p class="about">
									Last sign-in <Time at={device.last_sign_in_at} />
									{device.last_ip_used && ` from ${device.last_ip_used}`}
								</p>
								<Value text={device.device_key} label="Copy the device key" />
							</div>
							<div class="actions">
								<CallButton
									tool="set_device_remembered"
									arguments={{ ...args, device_key: device.device_key, remembered: !device.remembered }}
									small
									done={device.remembered ? 'The device is not remembered.' : 'The device is remembered.'}
								>
									{device.remembered ? 'Do not remember' : 'Remember'}
								</CallButton>
								<CallButton tool="forget_device" arguments={{ ...args, device_key: device.device_key }} tone="danger" small done="The device was forgotten.">
									Forget
								</CallButton>
							</div>
						</li>
					))}
				</ul>
				<SameAs tool="list_devices" arguments={args} />
			</Card>
			<Card title="Sessions" class="sessions">
				<p>
					Cognito does not list the sessions of a user. What it lists are the devices that it tracks, here, and the sign-ins that threat protection records, under <a href={link(['users', username], { tab: 'events' })}>Events</a>. “Sign out everywhere” ends all
					sessions: refresh tokens are revoked, and Cognito refuses the access tokens. Applications that check tokens themselves accept them until they expire.
				</p>
			</Card>
			{changing && <CallDialog tool="set_mfa_preference" title={`Second factors of ${username}`} arguments={args} done="The factors were changed." onClose={() => setChanging(false)} />}
		</div>
	);
}

function Names({ names }: { names: string[] }) {
	return (
		<span class="badges">
			{names.map((name) => (
				<Badge key={name}>{name}</Badge>
			))}
		</span>
	);
}

interface Message {
	code?: string;
	purpose: string;
	destination: string;
	medium: string;
	subject?: string;
	body?: string;
	link?: string;
	sent_at: string;
}

function Messages({ username }: { username: string }) {
	const args = { user_pool_id: poolId.value ?? '', username };
	const { answer, error, reload } = useTool<{ messages: Message[] }>('read_outbox', args, { live: ['cognito://emulator/outbox'], every: 5_000 });
	if (error) return <ErrorPanel error={error} onAgain={reload} />;
	if (!answer) return <Loading />;
	if (answer.messages.length === 0) {
		return (
			<Empty icon="mail" title="No messages to this user">
				Codes and invitations appear here when Cognito sends them. The emulator keeps them, and sends nothing.
			</Empty>
		);
	}
	return (
		<div class="stack">
			<p class="about">{plural(answer.messages.length, 'message')}, the newest first.</p>
			{answer.messages.map((message) => (
				<Card key={`${message.sent_at} ${message.code}`} title={message.subject ?? message.purpose} about={<>{message.medium} to {message.destination}, <Time at={message.sent_at} /></>}>
					{message.code && (
						<p class="code-line">
							<span class="about">Code</span> <code class="big-code">{message.code}</code> <CopyButton text={message.code} label="Copy the code" secret />
						</p>
					)}
					{message.body && <p class="message-body">{message.body}</p>}
				</Card>
			))}
			<SameAs tool="read_outbox" arguments={args} />
		</div>
	);
}

interface SignInEvent {
	event_id: string;
	at: string;
	kind: string;
	result: string;
	risk?: string;
	risk_level?: string;
	challenges?: string[];
	ip_address?: string;
	country?: string;
	city?: string;
	device?: string;
	feedback?: string;
}

function Events({ username }: { username: string }) {
	const args = { user_pool_id: poolId.value ?? '', username };
	const { answer, error, loading, reload } = useTool<{ events: SignInEvent[] }>('list_sign_in_events', { ...args, limit: 60 });
	if (error?.code === 'UserPoolAddOnNotEnabledException') {
		return (
			<Empty icon="shield" title="Events need threat protection" actions={error.retry && <SuggestedButton call={error.retry} />}>
				{error.hint && <Prose text={sentence(error.hint)} />}
			</Empty>
		);
	}
	if (error) return <ErrorPanel error={error} onAgain={reload} onRetried={reload} />;
	if (!answer) return loading ? <Loading /> : <Empty icon="clock" title="This server does not list events" />;
	if (answer.events.length === 0) return <Empty icon="clock" title="No events yet">Threat protection records each sign-in, sign-up and change of a password.</Empty>;
	return (
		<div class="stack">
			<div class="table-frame">
				<table class="plain-table">
					<caption class="sr">Events</caption>
					<thead>
						<tr>
							<th scope="col">Time</th>
							<th scope="col">Event</th>
							<th scope="col">Result</th>
							<th scope="col">Risk</th>
							<th scope="col">From</th>
							<th scope="col">Feedback</th>
						</tr>
					</thead>
					<tbody>
						{answer.events.map((event) => (
							<tr key={event.event_id}>
								<td>
									<Time at={event.at} />
								</td>
								<td>
									{event.kind}
									{event.challenges?.map((one) => <p key={one} class="about">{one}</p>)}
								</td>
								<td>
									<Badge tone={event.result === 'Pass' ? 'good' : event.result === 'Fail' ? 'bad' : 'neutral'}>{event.result}</Badge>
								</td>
								<td>{[event.risk, event.risk_level].filter(Boolean).join(', ')}</td>
								<td>{[event.ip_address, event.city, event.country, event.device].filter(Boolean).join(', ')}</td>
								<td>
									{event.feedback ?? (
										<span class="actions">
											<CallButton tool="give_event_feedback" arguments={{ ...args, event_id: event.event_id, feedback: 'Valid' }} small>
												Valid
											</CallButton>
											<CallButton tool="give_event_feedback" arguments={{ ...args, event_id: event.event_id, feedback: 'Invalid' }} small>
												Invalid
											</CallButton>
										</span>
									)}
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
			<SameAs tool="list_sign_in_events" arguments={args} />
		</div>
	);
}
