// The settings of the pool, what a change of them does, and what weakens the pool's security.

import { useState } from 'preact/hooks';
import { changedOnly } from '../app/arguments.ts';
import { go, route, setQuery } from '../app/router.ts';
import { choosePool, isAllowed, isEmulated, poolId, reloadPools } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import type { Suggested } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, Card, Empty, Facts, formatNumber, Loading, PageHeader, plural, Prose, Tabs, Time, Value, type Tone } from '../components/basic.tsx';
import { CallButton, correction, ErrorPanel, SameAs, titleOf, sentence } from '../components/call.tsx';
import { CallDialog } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { useCommands } from '../components/palette.tsx';

interface Pool {
	user_pool_id: string;
	name: string;
	arn?: string;
	password_policy?: string;
	sign_in?: string;
	self_sign_up?: boolean;
	mfa?: string;
	account_recovery?: string[];
	auto_verified_attributes?: string[];
	required_attributes?: string[];
	custom_attributes?: { name: string; data_type: string; mutable: boolean }[];
	tier?: string;
	deletion_protection?: boolean;
	estimated_users?: number;
	created_at?: string;
	modified_at?: string;
}

interface Mfa {
	mode: string;
	factors: string[];
	passkey_relying_party?: string;
	passkey_user_verification?: string;
	passkey_is_two_factors?: boolean;
}

type Tab = 'settings' | 'audit';

export function SettingsPage() {
	const pool = poolId.value;
	const tab = (route.value.query.tab ?? 'settings') as Tab;
	const audit = useTool<Audit>('audit_pool', pool && (tab === 'audit' || isEmulated.value) ? { user_pool_id: pool } : undefined);
	const open = (next: Tab) => setQuery({ tab: next === 'settings' ? undefined : next });
	return (
		<div class="page">
			<PageHeader title="Settings and audit" />
			<Tabs<Tab>
				label="Parts of the settings"
				open={tab}
				onOpen={open}
				tabs={[
					{ id: 'settings', label: 'Settings' },
					...(isAllowed('audit_pool') ? [{ id: 'audit' as const, label: 'Audit', count: audit.answer?.findings.length }] : []),
				]}
			>
				{tab === 'audit' ? <AuditView reading={audit} /> : <Settings />}
			</Tabs>
		</div>
	);
}

type Dialog = 'pool' | 'mfa' | 'attributes';

function Settings() {
	const id = poolId.value;
	const args = { user_pool_id: id ?? '' };
	const { answer: pool, error, loading, reload } = useTool<Pool>('describe_pool', id ? args : undefined, { live: id ? [`cognito://pools/${id}`] : [] });
	const mfa = useTool<Mfa>('get_mfa_config', id ? args : undefined);
	const [dialog, setDialog] = useState<Dialog>();
	useCommands([
		{ title: 'Change the pool', group: 'Settings', icon: 'settings', run: () => setDialog('pool') },
		{ title: 'Change second factors', group: 'Settings', icon: 'settings', run: () => setDialog('mfa') },
	]);
	const close = () => setDialog(undefined);
	if (error) return <ErrorPanel error={error} onAgain={reload} />;
	if (!pool) return loading ? <Loading lines={6} /> : <Empty icon="state" title="No user pool" />;
	const initial = initialOf(pool);
	return (
		<div class="columns two">
			<Card title="User pool" actions={<Change tool="update_pool" onClick={() => setDialog('pool')} />}>
				<Facts
					rows={[
						['Name', pool.name],
						['Id', <Value key="id" text={pool.user_pool_id} />],
						['ARN', pool.arn && <Value key="arn" text={pool.arn} />],
						['Plan', pool.tier],
						['Deletion protection', pool.deletion_protection ? 'On' : 'Off'],
						['Users, about', pool.estimated_users !== undefined && formatNumber(pool.estimated_users)],
						['Created', <Time key="created" at={pool.created_at} />],
						['Modified', <Time key="modified" at={pool.modified_at} />],
					]}
				/>
				<SameAs tool="describe_pool" arguments={args} />
			</Card>
			<Card title="Sign-in" actions={<Change tool="update_pool" onClick={() => setDialog('pool')} />}>
				<Facts
					rows={[
						['Users sign in', pool.sign_in],
						['Sign-up', pool.self_sign_up ? 'Users may sign up themselves' : 'Only administrators create users'],
						['Passwords', pool.password_policy],
						['Verified by a code', names(pool.auto_verified_attributes)],
						['Account recovery', names(pool.account_recovery)],
					]}
				/>
			</Card>
			<Card title="Second factors" actions={<Change tool="set_mfa_config" onClick={() => setDialog('mfa')} />}>
				{mfa.error && <ErrorPanel error={mfa.error} />}
				{mfa.answer && (
					<Facts
						rows={[
							['Required', MODES[mfa.answer.mode] ?? mfa.answer.mode],
							['Factors', names(mfa.answer.factors)],
							['Domain of passkeys', mfa.answer.passkey_relying_party],
							['Passkeys verify their user', mfa.answer.passkey_user_verification],
							['A passkey is two factors', mfa.answer.passkey_is_two_factors ? 'Yes' : 'No'],
						]}
					/>
				)}
			</Card>
			<Card
				title="Attributes"
				actions={
					<Button small icon={isAllowed('add_pool_attributes') ? 'plus' : 'lock'} onClick={() => setDialog('attributes')}>
						Add
					</Button>
				}
			>
				<Facts
					rows={[
						['Required', names(pool.required_attributes)],
						...(pool.custom_attributes ?? []).map((one): [string, string] => [one.name, `${one.data_type}${one.mutable ? '' : ', cannot be changed'}`]),
					]}
				/>
			</Card>
			<Card title="Delete the pool" class="danger-zone">
				<p>All its users are deleted, and cannot be restored.</p>
				<div class="actions">
					<CallButton
						tool="delete_pool"
						arguments={args}
						tone="danger"
						icon="trash"
						done="The pool was deleted."
						onDone={() => {
							void reloadPools().then(() => choosePool(undefined));
							go([], { pool: undefined });
						}}
					>
						Delete the pool
					</CallButton>
				</div>
			</Card>
			{dialog === 'pool' && (
				<CallDialog
					tool="update_pool"
					title="Change the pool"
					arguments={args}
					initial={initial}
					labels={{ settings: 'Other settings', tier: 'Plan', reset: 'Reset to the default', self_sign_up: 'Users may sign up', password_length: 'Password length', password_needs: 'Passwords need' }}
					prepare={(values) => ({ ...args, ...changedOnly(initial, values) })}
					review
					submit="Apply the change"
					done="The pool was changed."
					onClose={close}
					onDone={() => void reloadPools()}
				/>
			)}
			{dialog === 'mfa' && (
				<CallDialog
					tool="set_mfa_config"
					title="Change second factors"
					arguments={args}
					initial={mfaInitial(mfa.answer)}
					labels={{ sms: 'SMS', email: 'E-mail', mode: 'Required', sms_message: 'Text of SMS', email_subject: 'Subject of e-mails', email_message: 'Text of e-mails', passkey_relying_party: 'Domain of passkeys' }}
					prepare={(values) => ({ ...args, ...changedOnly(mfaInitial(mfa.answer), values) })}
					review
					submit="Apply the change"
					done="The second factors were changed."
					onClose={close}
				/>
			)}
			{dialog === 'attributes' && <CallDialog tool="add_pool_attributes" title="Add attributes" arguments={args} about="An attribute of a pool cannot be removed or renamed." done="The attributes were added." onClose={close} />}
		</div>
	);
}

function Change({ tool, onClick }: { tool: string; onClick: () => void }) {
	return (
		<Button small icon={isAllowed(tool) ? 'settings' : 'lock'} onClick={onClick}>
			Change
		</Button>
	);
}

const MODES: Record<string, string> = { OFF: 'Never', OPTIONAL: 'Of users who have one', ON: 'Of all users' };

function names(list: string[] | undefined) {
	if (!list || list.length === 0) return undefined;
	return (
		<span class="badges">
			{list.map((one) => (
				<Badge key={one}>{one}</Badge>
			))}
		</span>
	);
}

/** The arguments of `update_pool` that the answer of `describe_pool` has too. */
function initialOf(pool: Pool): JsonObject {
	return {
		name: pool.name,
		...(pool.self_sign_up !== undefined ? { self_sign_up: pool.self_sign_up } : {}),
		...(pool.auto_verified_attributes ? { auto_verified_attributes: pool.auto_verified_attributes } : {}),
		...(pool.deletion_protection !== undefined ? { deletion_protection: pool.deletion_protection } : {}),
		...(pool.tier ? { tier: pool.tier } : {}),
	};
}

function mfaInitial(mfa: Mfa | undefined): JsonObject {
	if (!mfa) return {};
	const has = (name: string) => mfa.factors.some((one) => one.includes(name));
	return {
		mode: mfa.mode,
		authenticator_app: has('SOFTWARE_TOKEN'),
		sms: has('SMS'),
		email: has('EMAIL'),
		...(mfa.passkey_relying_party ? { passkey_relying_party: mfa.passkey_relying_party } : {}),
		passkey_verifies_user: mfa.passkey_user_verification === 'required',
		passkey_is_two_factors: mfa.passkey_is_two_factors === true,
	};
}

interface Finding {
	id: string;
	severity: 'high' | 'medium' | 'low';
	seen: string;
	why: string;
	fix?: Suggested;
	fix_not_enabled?: string;
}

interface Audit {
	findings: Finding[];
	passed: string[];
	not_read: { what: string; why: string }[];
}

const SEVERITIES: Record<Finding['severity'], [Tone, string]> = { high: ['bad', 'High'], medium: ['warn', 'Medium'], low: ['neutral', 'Low'] };

function AuditView({ reading }: { reading: ReturnType<typeof useTool<Audit>> }) {
	const { answer, error, loading, reload, call } = reading;
	const [fixing, setFixing] = useState<Suggested>();
	if (error) return <ErrorPanel error={error} onAgain={reload} />;
	if (!answer) return loading ? <Loading lines={6} /> : null;
	return (
		<div class="stack">
			<div class="toolbar">
				<span class="about">
					{plural(answer.findings.length, 'finding')}, {plural(answer.passed.length, 'check')} passed
				</span>
				<Button small icon="refresh" busy={loading} onClick={reload}>
					Check again
				</Button>
			</div>
			{answer.findings.length === 0 && (
				<Empty icon="shield" title="No findings">
					All checks passed.
				</Empty>
			)}
			<ul class="findings">
				{answer.findings.map((finding) => {
					const [tone, label] = SEVERITIES[finding.severity];
					return (
						<li key={finding.id + finding.seen} class="finding">
							<Badge tone={tone}>{label}</Badge>
							<div class="finding-text">
								<h2>{finding.seen}</h2>
								<p class="about">
									<Prose text={sentence(finding.why)} />
								</p>
								{finding.fix_not_enabled && (
									<p class="about locked">
										<Icon name="lock" /> <Prose text={finding.fix_not_enabled} />
									</p>
								)}
								<p class="about">
									<code>{finding.id}</code>
								</p>
							</div>
							{finding.fix && (
								<Button small onClick={() => setFixing(finding.fix)} label={`Review the fix: ${finding.seen}`} icon={isAllowed(finding.fix.tool) ? 'eye' : 'lock'}>
									Review the fix
								</Button>
							)}
						</li>
					);
				})}
			</ul>
			<details class="passed">
				<summary>{plural(answer.passed.length, 'check')} passed</summary>
				<ul class="chips">
					{answer.passed.map((one) => (
						<li key={one}>{one}</li>
					))}
				</ul>
			</details>
			{answer.not_read.length > 0 && (
				<details class="passed">
					<summary>{plural(answer.not_read.length, 'check')} could not be made</summary>
					<ul class="rows">
						{answer.not_read.map((one) => (
							<li key={one.what}>
								<code>{one.what}</code>
								<span class="about">{one.why}</span>
							</li>
						))}
					</ul>
				</details>
			)}
			<SameAs tool={call.tool} arguments={call.arguments} />
			{fixing && (
				<CallDialog
					tool={fixing.tool}
					title={titleOf(fixing.tool)}
					about={correction(fixing)}
					arguments={fixing.arguments}
					fields={[]}
					review="now"
					submit="Apply the fix"
					done="The fix was applied."
					onClose={() => setFixing(undefined)}
				/>
			)}
		</div>
	);
}
