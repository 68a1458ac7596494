// App clients: their settings, secrets and sign-in URLs.

import { useState } from 'preact/hooks';
import { go, link } from '../app/router.ts';
import { callTool, isAllowed, poolId } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import { changedOnly } from '../app/arguments.ts';
import type { Outcome, Suggested } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, Card, CodeBlock, CopyButton, Empty, Facts, Loading, PageHeader, Prose, Time, Value } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs, sentence } from '../components/call.tsx';
import { Configurations, targetOf } from '../components/configurations.tsx';
import { Dialog } from '../components/dialog.tsx';
import { CallDialog, Field } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { useCommands } from '../components/palette.tsx';
import { SuggestedButton } from '../components/suggested.tsx';
import { DataTable, type Column } from '../components/table.tsx';

interface Listed {
	client_id: string;
	name: string;
	has_secret: boolean;
	flows: string[];
	hides_user_existence?: boolean;
	created_at?: string;
}

const COLUMNS: Column<Listed>[] = [
	{ id: 'name', label: 'Name', cell: (one) => one.name, sort: (one) => one.name },
	{ id: 'id', label: 'Client id', width: '16rem', cell: (one) => <code>{one.client_id}</code>, sort: (one) => one.client_id },
	{ id: 'secret', label: 'Secret', width: '6.5rem', wide: true, cell: (one) => (one.has_secret ? <Badge tone="accent">Secret</Badge> : <span class="none">None</span>), sort: (one) => one.has_secret },
	{ id: 'flows', label: 'Flows', wide: true, cell: (one) => one.flows.map(shortFlow).join(', ') },
	{ id: 'created', label: 'Created', width: '12.5rem', wide: true, cell: (one) => <Time at={one.created_at} short />, sort: (one) => one.created_at },
];

/** `ALLOW_USER_SRP_AUTH` as `USER_SRP`. */
function shortFlow(flow: string): string {
	return flow.replace(/^ALLOW_/, '').replace(/_AUTH$/, '');
}

export function ClientsPage() {
	const pool = poolId.value;
	const { answer, error, loading, reload } = useTool<{ clients: Listed[] }>('list_clients', pool ? { user_pool_id: pool, limit: 60 } : undefined, {
		live: pool ? [`cognito://pools/${pool}/clients`] : [],
	});
	const [creating, setCreating] = useState(false);
	const [made, setMade] = useState<JsonObject>();
	useCommands([{ title: 'Create app client', group: 'App clients', icon: 'plus', run: () => setCreating(true) }]);
	const create = (
		<Button tone="primary" icon={isAllowed('create_client') ? 'plus' : 'lock'} onClick={() => setCreating(true)}>
			Create app client
		</Button>
	);
	return (
		<div class="page">
			<PageHeader title="App clients" about="An application signs its users in with an app client.">
				{create}
			</PageHeader>
			{error && <ErrorPanel error={error} onAgain={reload} />}
			<DataTable
				label="App clients"
				columns={COLUMNS}
				rows={answer?.clients ?? []}
				keyOf={(one) => one.client_id}
				href={(one) => link(['clients', one.client_id])}
				loading={loading && !answer}
				empty={
					error ? null : (
						<Empty icon="app" title="No app clients yet" actions={create}>
							Create one for each application. Its id goes into the application's configuration.
						</Empty>
					)
				}
			/>
			<CheckUrl />
			{creating && pool && (
				<CallDialog
					tool="create_client"
					arguments={{ user_pool_id: pool }}
					fields={['name', 'secret', 'flows', 'oauth_flows', 'scopes', 'callback_urls', 'logout_urls']}
					labels={{ oauth_flows: 'OAuth grants', callback_urls: 'Callback URLs', logout_urls: 'Sign-out URLs' }}
					done="The app client was created."
					onClose={() => setCreating(false)}
					onDone={(answer) => {
						if (typeof answer.client_secret === 'string') setMade(answer);
						else if (typeof answer.client_id === 'string') go(['clients', answer.client_id]);
					}}
				/>
			)}
			{made && <SecretDialog title="The app client was created" answer={made} onClose={() => (setMade(undefined), go(['clients', String(made.client_id)]))} />}
		</div>
	);
}

interface Client extends Listed {
	secrets?: { client_secret_id: string; created_at?: string }[];
	can_revoke_tokens?: boolean;
	rotates_refresh_tokens?: boolean;
	access_tokens_last?: string;
	id_tokens_last?: string;
	refresh_tokens_last?: string;
	challenge_minutes?: number;
	oauth_flows?: string[];
	scopes?: string[];
	callback_urls?: string[];
	logout_urls?: string[];
	identity_providers?: string[];
	readable_attributes?: string[];
	writable_attributes?: string[];
	modified_at?: string;
}

/** The arguments of `update_client` that have the same names as members of the answer. */
const CHANGEABLE = ['name', 'flows', 'oauth_flows', 'scopes', 'callback_urls', 'logout_urls', 'access_tokens_last', 'id_tokens_last', 'refresh_tokens_last', 'rotates_refresh_tokens'];

export function ClientPage({ id }: { id: string }) {
	const pool = poolId.value;
	const args = { user_pool_id: pool ?? '', client_id: id };
	const { answer: client, error, loading, reload } = useTool<Client>('describe_client', pool ? { ...args, response_format: 'detailed' } : undefined);
	const [changing, setChanging] = useState(false);
	useCommands([{ title: `Change ${client?.name ?? id}`, group: 'App client', icon: 'settings', run: () => setChanging(true) }]);
	const initial: JsonObject = {};
	for (const name of CHANGEABLE) {
		const value = client?.[name as keyof Client];
		if (value !== undefined) initial[name] = value as JsonObject[string] & {};
	}
	return (
		<div class="page">
			<PageHeader title={client?.name ?? id} back={{ href: link(['clients']), label: 'App clients' }} about={<Value text={id} label="Copy the client id" />}>
				{client && (
					<>
						<Button icon={isAllowed('update_client') ? 'settings' : 'lock'} onClick={() => setChanging(true)}>
							Change settings
						</Button>
						<CallButton tool="delete_client" arguments={args} tone="danger" icon="trash" done="The app client was deleted." onDone={() => go(['clients'])}>
							Delete
						</CallButton>
					</>
				)}
			</PageHeader>
			{error && <ErrorPanel error={error} onAgain={reload} />}
			{!client && loading && <Loading lines={6} />}
			{client && (
				<>
					<div class="columns two">
						<Settings client={client} />
						<div class="stack">
							<Secrets client={client} />
							<SignInUrl client={client} />
						</div>
					</div>
					<Card title="Configuration of the application">
						<Configurations target={targetOf(client)} />
					</Card>
				</>
			)}
			{changing && client && (
				<CallDialog
					tool="update_client"
					title={`Change ${client.name}`}
					arguments={args}
					fields={[...CHANGEABLE, 'settings']}
					initial={initial}
					labels={{ oauth_flows: 'OAuth grants', callback_urls: 'Callback URLs', logout_urls: 'Sign-out URLs', settings: 'Other settings' }}
					prepare={(values) => ({ ...args, ...changedOnly(initial, values) })}
					review
					submit="Apply the change"
					done="The settings were changed."
					onClose={() => setChanging(false)}
				/>
			)}
		</div>
	);
}

function Settings({ client }: { client: Client }) {
	return (
		<Card title="Settings">
			<Facts
				rows={[
					['Sign-in flows', <List key="flows" items={client.flows.map(shortFlow)} />],
					['OAuth grants', <List key="grants" items={client.oauth_flows} />],
					['Scopes', <List key="scopes" items={client.scopes} />],
					['Callback URLs', <Lines key="callbacks" items={client.callback_urls} />],
					['Sign-out URLs', <Lines key="logout" items={client.logout_urls} />],
					['Identity providers', <List key="providers" items={client.identity_providers} />],
					['Access tokens last', client.access_tokens_last],
					['ID tokens last', client.id_tokens_last],
					['Refresh tokens last', client.refresh_tokens_last],
					['Refresh tokens', client.rotates_refresh_tokens ? 'Replaced when they are used' : 'Valid until they expire'],
					['Challenges stay open', client.challenge_minutes && `${client.challenge_minutes} minutes`],
					['Hides which users exist', client.hides_user_existence ? 'Yes' : 'No'],
					['Tokens can be revoked', client.can_revoke_tokens ? 'Yes' : 'No'],
					['Modified', <Time key="modified" at={client.modified_at} />],
				]}
			/>
			<SameAs tool="describe_client" arguments={{ user_pool_id: poolId.value ?? '', client_id: client.client_id }} />
		</Card>
	);
}

function List({ items }: { items?: string[] | undefined }) {
	if (!items || items.length === 0) return <span class="none">None</span>;
	return (
		<span class="badges">
			{items.map((item) => (
				<Badge key={item}>{item}</Badge>
			))}
		</span>
	);
}

function Lines({ items }: { items?: string[] | undefined }) {
	if (!items || items.length === 0) return <span class="none">None</span>;
	return (
		<ul class="lines">
			{items.map((item) => (
				<li key={item}>{item}</li>
			))}
		</ul>
	);
}

function Secrets({ client }: { client: Client }) {
	const args = { user_pool_id: poolId.value ?? '', client_id: client.client_id };
	const [added, setAdded] = useState<JsonObject>();
	if (!client.has_secret) {
		return (
			<Card title="Secret">
				<p class="about">This client has no secret: it is for applications that cannot keep one, such as pages and apps. Whether a client has one is decided when it is created.</p>
			</Card>
		);
	}
	return (
		<Card
			title="Secret"
			actions={
				<CallButton tool="rotate_client_secret" arguments={args} small icon="plus" done="The client has another secret." onDone={setAdded}>
					Add a secret
				</CallButton>
			}
		>
			<Reveal args={args} />
			<ul class="rows">
				{client.secrets?.map((secret) => (
					<li key={secret.client_secret_id}>
						<div>
							<code>{secret.client_secret_id}</code>
							<p class="about">
								Made <Time at={secret.created_at} />
							</p>
						</div>
						<CallButton tool="remove_client_secret" arguments={{ ...args, client_secret_id: secret.client_secret_id }} tone="danger" small done="The secret was removed.">
							Remove
						</CallButton>
					</li>
				))}
			</ul>
			{added && <SecretDialog title="The new secret" answer={added} onClose={() => setAdded(undefined)} />}
		</Card>
	);
}

/** The secret, hidden until it is asked for. */
function Reveal({ args }: { args: { user_pool_id: string; client_id: string } }) {
	const [outcome, setOutcome] = useState<Outcome>();
	const [busy, setBusy] = useState(false);
	const show = async () => {
		setBusy(true);
		setOutcome(await callTool('describe_client', { ...args, with_secret: true }));
		setBusy(false);
	};
	if (!outcome) {
		return (
			<div class="secret">
				<code aria-hidden="true">••••••••••••••••••••••••</code>
				<Button small icon="eye" busy={busy} onClick={show}>
					Show the secret
				</Button>
			</div>
		);
	}
	if (!outcome.ok) return <ErrorPanel error={outcome.error} />;
	return (
		<div class="stack small">
			<SecretValue secret={String(outcome.answer.client_secret ?? '')} files={outcome.answer.secret_files} />
			<div>
				<Button small onClick={() => setOutcome(undefined)}>
					Hide the secret
				</Button>
			</div>
			<SameAs tool="describe_client" arguments={{ ...args, with_secret: true }} />
		</div>
	);
}

/** A secret, or how the person who runs the server reads it. */
function SecretValue({ secret, files }: { secret: string; files?: unknown }) {
	const isReference = secret.startsWith('secret:') || secret === '***';
	if (!isReference) {
		return (
			<div class="secret">
				<code class="secret-text">{secret}</code>
				<CopyButton text={secret} label="Copy the secret" secret />
			</div>
		);
	}
	const where = Object.values((files ?? {}) as Record<string, string>);
	return (
		<>
			<p>The server hides secrets from its clients, and this page is one. The person who runs the server can read it.</p>
			{where.map((one) => (
				<CodeBlock key={one} text={one} label="where the secret is" wrap />
			))}
			{where.length === 0 && (
				<p class="about">
					<Prose text="Start the server with `--reveal-secrets` to see secrets here." />
				</p>
			)}
		</>
	);
}

function SecretDialog({ title, answer, onClose }: { title: string; answer: JsonObject; onClose: () => void }) {
	return (
		<Dialog title={title} size="small" onClose={onClose} footer={<Button onClick={onClose}>Close</Button>}>
			<p>The secret goes into the application's configuration.</p>
			<SecretValue secret={String(answer.client_secret ?? '')} files={answer.secret_files} />
			{typeof answer.explanation === 'string' && (
				<p class="about">
					<Prose text={answer.explanation} />
				</p>
			)}
		</Dialog>
	);
}

interface UrlProblem {
	part: string;
	problem: string;
	given?: string;
	expected?: string[];
	difference?: { accepted: string; position: number; given?: string; expected?: string };
	shown?: string;
	fix?: Suggested;
}

/** The URL that opens the sign-in pages for the client. */
function SignInUrl({ client }: { client: Client }) {
	const args = { user_pool_id: poolId.value ?? '', client_id: client.client_id };
	const { answer, error } = useTool<{ url: string; problems: UrlProblem[] }>('build_sign_in_url', args);
	return (
		<Card title="Sign-in page">
			{error && <ErrorPanel error={error} />}
			{answer && (
				<>
					<CodeBlock text={answer.url} label="sign-in URL" wrap />
					<div class="actions">
						<a class="button plain small" href={safeUrl(answer.url)} target="_blank" rel="noreferrer">
							<Icon name="external" />
							Open the sign-in page
						</a>
					</div>
					<Problems problems={answer.problems} />
				</>
			)}
			<SameAs tool="build_sign_in_url" arguments={args} />
		</Card>
	);
}

/** An address that a link may have. */
export function safeUrl(url: string): string | undefined {
	return /^https?:\/\//.test(url) ? url : undefined;
}

function Problems({ problems }: { problems: UrlProblem[] }) {
	return (
		<>
			{problems.map((problem) => (
				<div key={problem.part + problem.problem} class="url-problem">
					<p>
						<Badge tone="bad">{problem.part}</Badge> <Prose text={sentence(problem.problem)} />
					</p>
					{problem.difference && <Difference given={problem.given ?? ''} difference={problem.difference} />}
					{problem.shown && (
						<p class="about">
							<Prose text={sentence(problem.shown)} />
						</p>
					)}
					{problem.fix && <SuggestedButton call={problem.fix} small />}
				</div>
			))}
		</>
	);
}

/** The two values one above the other, with the first different character marked. */
function Difference({ given, difference }: { given: string; difference: NonNullable<UrlProblem['difference']> }) {
	const characters = (text: string) => {
		const all = [...text];
		const at = difference.position - 1;
		return (
			<code>
				{all.slice(0, at).join('')}
				<mark>{all[at] ?? '∅'}</mark>
				{all.slice(at + 1).join('')}
			</code>
		);
	};
	return (
		<dl class="difference">
			<dt>Given</dt>
			<dd>{characters(given)}</dd>
			<dt>Accepted</dt>
			<dd>{characters(difference.accepted)}</dd>
		</dl>
	);
}

/** Checks the URL that an application opens. */
function CheckUrl() {
	const [url, setUrl] = useState('');
	const [outcome, setOutcome] = useState<Outcome>();
	const [busy, setBusy] = useState(false);
	const args = { user_pool_id: poolId.value ?? '', url };
	const check = async (event: Event) => {
		event.preventDefault();
		setBusy(true);
		setOutcome(await callTool('check_sign_in_url', args));
		setBusy(false);
	};
	if (!isAllowed('check_sign_in_url')) return null;
	const answer = outcome?.ok ? (outcome.answer as unknown as { accepted: boolean; explanation: string; problems: UrlProblem[] }) : undefined;
	return (
		<Card title="Check a sign-in URL" about="Paste the address that your application opens: for redirect_mismatch and its relatives.">
			<form class="toolbar form-row" onSubmit={check}>
				<Field label="URL">{(ids) => <input {...ids} type="text" inputMode="url" spellcheck={false} value={url} onInput={(event) => setUrl(event.currentTarget.value)} placeholder="https://…/oauth2/authorize?client_id=…" />}</Field>
				<Button submit tone="primary" busy={busy} disabled={url === ''}>
					Check
				</Button>
			</form>
			{outcome && !outcome.ok && <ErrorPanel error={outcome.error} />}
			{answer && (
				<div class="stack small" role="status">
					<div class={`verdict ${answer.accepted ? 'good' : 'bad'}`}>
						<span class="verdict-icon">
							<Icon name={answer.accepted ? 'check' : 'close'} />
						</span>
						<div>
							<strong>{answer.accepted ? 'Cognito accepts the URL' : 'Cognito refuses the URL'}</strong>
							<p>
								<Prose text={answer.explanation} />
							</p>
						</div>
					</div>
					<Problems problems={answer.problems} />
					<SameAs tool="check_sign_in_url" arguments={args} />
				</div>
			)}
		</Card>
	);
}
