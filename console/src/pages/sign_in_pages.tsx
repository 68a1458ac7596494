// The pages where users sign in: by app client and language, and the code flow step by step.

import { useState } from 'preact/hooks';
import { link, route, setQuery } from '../app/router.ts';
import { about, poolId } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, Card, Empty, Facts, Loading, PageHeader, Tabs, Value } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs } from '../components/call.tsx';
import { Choice } from '../components/faults.tsx';
import { CallDialog, Field } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { Problems, UrlError, type BuiltUrl } from '../components/sign_in_url.tsx';
import { CodeFlow } from './code_flow.tsx';
import { pageOf } from './code_flow_reading.ts';

interface Client {
	client_id: string;
	name: string;
	has_secret: boolean;
}

interface Domain {
	domain: string;
	status?: string;
	managed_login_version?: number;
	url: string;
}

export function SignInPages() {
	const pool = poolId.value;
	const { query } = route.value;
	const clients = useTool<{ clients: Client[] }>('list_clients', pool ? { user_pool_id: pool, limit: 60 } : undefined);
	const domains = useTool<{ domains: Domain[] }>('get_domain', pool ? { user_pool_id: pool } : undefined);
	const list = clients.answer?.clients ?? [];
	// A client with a secret is often a service, whose users do not see these pages.
	const preferred = list.find((one) => one.client_id === about.value?.default_client_id) ?? list.find((one) => !one.has_secret) ?? list[0];
	const client = list.find((one) => one.client_id === query.client) ?? preferred;
	const tab = query.tab === 'flow' ? 'flow' : 'pages';
	const domain = domains.answer?.domains[0];
	const error = clients.error ?? domains.error;
	return (
		<div class="page">
			<PageHeader title="Sign-in pages" about="The pages of the pool's domain, where users sign in, sign up and recover their passwords." />
			{error && <ErrorPanel error={error} onAgain={() => (clients.reload(), domains.reload())} />}
			{!error && (!clients.answer || !domains.answer) && <Loading lines={5} />}
			{clients.answer && domains.answer && !domain && <NoDomain />}
			{clients.answer && domain && !client && (
				<Empty icon="app" title="No app clients yet" actions={<a class="button" href={link(['clients'])}>App clients</a>}>
					The sign-in pages are for an app client: create one first.
				</Empty>
			)}
			{client && domain && pool && (
				<>
					<div class="toolbar">
						<label class="select-box">
							<span class="select-label">App client</span>
							<select value={client.client_id} onChange={(event) => setQuery({ client: event.currentTarget.value })}>
								{list.map((one) => (
									<option key={one.client_id} value={one.client_id}>
										{one.name}
									</option>
								))}
							</select>
						</label>
					</div>
					<Tabs
						label="Sign-in pages"
						tabs={[
							{ id: 'pages', label: 'Pages' },
							{ id: 'flow', label: 'Code flow, step by step' },
						]}
						open={tab}
						onOpen={(id) => setQuery({ tab: id === 'flow' ? id : undefined })}
					>
						{tab === 'pages' ? (
							<div class="columns two">
								<Preview key={client.client_id} client={client} />
								<DomainCard domain={domain} />
							</div>
						) : (
							<CodeFlow key={client.client_id} client={client.client_id} hasSecret={client.has_secret} domain={domain.url} />
						)}
					</Tabs>
				</>
			)}
		</div>
	);
}

function NoDomain() {
	const [creating, setCreating] = useState(false);
	const pool = poolId.value ?? '';
	return (
		<>
			<Empty
				icon="page"
				title="The pool has no domain"
				actions={
					<Button tone="primary" icon="plus" onClick={() => setCreating(true)}>
						Create a domain
					</Button>
				}
			>
				Sign-in pages and OAuth endpoints are at the domain of the pool.
			</Empty>
			{creating && <CallDialog tool="put_domain" title="Create a domain" arguments={{ user_pool_id: pool }} fields={['domain', 'managed_login_version']} submit="Create" done="The domain was created." onClose={() => setCreating(false)} />}
		</>
	);
}

type PagePath = '/login' | '/signup' | '/forgotPassword' | '/oauth2/authorize';

const PATHS: [PagePath, string][] = [
	['/login', 'Sign in'],
	['/signup', 'Sign up'],
	['/forgotPassword', 'Forgotten password'],
	['/oauth2/authorize', 'As an application begins: sign in, unless signed in'],
];

/** Languages of managed login (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html). */
const LANGUAGES: [string, string][] = [
	['', 'That of the browser'],
	['en', 'English'],
	['de', 'German'],
	['es', 'Spanish'],
	['fr', 'French'],
	['id', 'Indonesian'],
	['it', 'Italian'],
	['ja', 'Japanese'],
	['ko', 'Korean'],
	['pt-BR', 'Portuguese (Brazil)'],
	['zh-CN', 'Chinese (Simplified)'],
	['zh-TW', 'Chinese (Traditional)'],
];

function Preview({ client }: { client: Client }) {
	const pool = poolId.value ?? '';
	const [path, setPath] = useState<PagePath>('/login');
	const [lang, setLang] = useState('');
	const [hint, setHint] = useState('');
	const args: JsonObject = { user_pool_id: pool, client_id: client.client_id, ...(lang ? { lang } : {}), ...(hint ? { login_hint: hint } : {}) };
	const { answer, error, loading, reload } = useTool<BuiltUrl>('build_sign_in_url', args);
	const url = answer && pageOf(answer.url, path);
	return (
		<Card title="Open a page" about="In a new tab: Cognito's pages refuse to be shown inside another page.">
			<div class="fields">
				<Choice label="Page" options={PATHS} value={path} onChange={setPath} />
				<Choice label="Language" options={LANGUAGES} value={lang} onChange={setLang} />
				<Field label="Username to fill in">
					{(ids) => <input {...ids} type="text" autocomplete="off" spellcheck={false} value={hint} onInput={(event) => setHint(event.currentTarget.value)} />}
				</Field>
			</div>
			<UrlError error={error} client={client.client_id} onAgain={reload} />
			{loading && !answer && <Loading lines={2} />}
			{url && answer && (
				<>
					<Problems problems={answer.problems} />
					<div class="actions">
						<a class="button primary" href={url} target="_blank" rel="noopener">
							<Icon name="external" />
							<span>Open the page</span>
						</a>
					</div>
					<Value text={url} label="Copy the address" />
				</>
			)}
			<SameAs tool="build_sign_in_url" arguments={args} />
		</Card>
	);
}

function DomainCard({ domain }: { domain: Domain }) {
	const pool = poolId.value ?? '';
	const version = domain.managed_login_version ?? 1;
	const managed = version === 2;
	return (
		<Card
			title="Domain"
			actions={
				<CallButton
					tool="put_domain"
					arguments={{ user_pool_id: pool, domain: domain.domain, managed_login_version: managed ? 1 : 2 }}
					small
					done={managed ? 'The domain has the classic pages.' : 'The domain has managed login.'}
				>
					{managed ? 'Use the classic pages' : 'Use managed login'}
				</CallButton>
			}
		>
			<Facts
				rows={[
					['Domain', domain.domain],
					['Version', <Badge key="version" tone="accent">{managed ? 'Managed login' : 'Classic hosted UI'}</Badge>],
					['Status', domain.status],
					['Address', <Value key="url" text={domain.url} />],
				]}
			/>
			<p class="about">The version is a setting of the domain, so it changes for every app client.{managed ? '' : ' Languages need managed login.'}</p>
		</Card>
	);
}
