// What the console works on, addresses and configuration to copy, and how much there is.

import { useState } from 'preact/hooks';
import { link } from '../app/router.ts';
import { about, isAllowed, isEmulated, poolId, pools } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import { Badge, Button, Card, Empty, Facts, formatNumber, Loading, PageHeader, Value } from '../components/basic.tsx';
import { ErrorPanel, SameAs } from '../components/call.tsx';
import { Configurations, targetOf } from '../components/configurations.tsx';
import { CallDialog } from '../components/form.tsx';
import { choosePool, reloadPools } from '../app/server.ts';
import { issuerOf, type Target } from './configurations.ts';

interface Listed {
	client_id: string;
	name: string;
	has_secret: boolean;
}

export function HomePage() {
	const who = about.value;
	const pool = poolId.value;
	const [creating, setCreating] = useState(false);
	const none = pools.value?.length === 0;
	const create = (
		<Button {...(none ? { tone: 'primary' as const } : {})} icon={isAllowed('create_pool') ? 'plus' : 'lock'} onClick={() => setCreating(true)}>
			Create user pool
		</Button>
	);
	return (
		<div class="page">
			<PageHeader title="Home" about={isEmulated.value ? 'An emulator of Amazon Cognito on this machine: no user is real.' : 'Amazon Cognito. Every change is real.'}>
				{!none && create}
			</PageHeader>
			{none && (
				<Empty icon="state" title="No user pools yet" actions={create}>
					A user pool has users, groups and app clients. Create one, or start the server with a pool file (<code>--seed-file</code>).
				</Empty>
			)}
			{pool && <Counts pool={pool} />}
			<div class="columns two">
				{who && <Server />}
				{pool && <Addresses pool={pool} />}
			</div>
			{pool && <Ready pool={pool} />}
			{creating && (
				<CallDialog
					tool="create_pool"
					arguments={{}}
					done="The user pool was created."
					onClose={() => setCreating(false)}
					onDone={(answer) => {
						void reloadPools();
						if (typeof answer.user_pool_id === 'string') choosePool(answer.user_pool_id);
					}}
				/>
			)}
		</div>
	);
}

function Counts({ pool }: { pool: string }) {
	const args = { user_pool_id: pool };
	const described = useTool<{ estimated_users?: number }>('describe_pool', args, { live: [`cognito://pools/${pool}`] });
	const groups = useTool<{ groups: unknown[]; has_more?: boolean }>('list_groups', { ...args, limit: 60 });
	const clients = useTool<{ clients: unknown[]; has_more?: boolean }>('list_clients', { ...args, limit: 60 });
	// On AWS the audit sends many requests, so it waits until its page is opened.
	const isAudited = isEmulated.value && isAllowed('audit_pool');
	const audit = useTool<{ findings: { severity: string }[] }>('audit_pool', isAudited ? args : undefined);
	const high = audit.answer?.findings.filter((one) => one.severity === 'high').length ?? 0;
	return (
		<ul class="counts" aria-label="Counts">
			<Count label="Users" value={described.answer?.estimated_users} href={link(['users'])} />
			<Count label="Groups" value={groups.answer?.groups.length} more={groups.answer?.has_more} href={link(['groups'])} />
			<Count label="App clients" value={clients.answer?.clients.length} more={clients.answer?.has_more} href={link(['clients'])} />
			{isAudited && <Count label="Findings" value={audit.answer?.findings.length} href={link(['settings'], { tab: 'audit' })} note={high > 0 ? `${high} high` : undefined} />}
		</ul>
	);
}

function Count({ label, value, more, href, note }: { label: string; value: number | undefined; more?: boolean | undefined; href: string; note?: string | undefined }) {
	return (
		<li>
			<a href={href}>
				<span class="count-value">{value === undefined ? '–' : `${formatNumber(value)}${more ? '+' : ''}`}</span>
				<span class="count-label">
					{label} {note && <Badge tone="bad">{note}</Badge>}
				</span>
			</a>
		</li>
	);
}

function Server() {
	const who = about.value;
	if (!who) return <Loading />;
	return (
		<Card title="Server">
			<Facts
				rows={[
					['Backend', who.backend === 'aws' ? 'Amazon Cognito' : 'Embedded emulator'],
					['Account', who.account ?? (who.unknown_because ? `Unknown: ${who.unknown_because}` : undefined)],
					['Identity', who.arn && <Value text={who.arn} />],
					['Region', who.region],
					['Allowed', who.may],
					['Secrets', who.reveals_secrets ? 'Shown' : 'Hidden'],
					...(who.version ? [['Version', who.version] as [string, string]] : []),
				]}
			/>
			<SameAs tool="whoami" arguments={{}} />
		</Card>
	);
}

interface Domain {
	domain: string;
	url?: string;
}

function Addresses({ pool }: { pool: string }) {
	const domains = useTool<{ domains: Domain[] }>('get_domain', { user_pool_id: pool });
	const target = baseTarget(pool);
	const issuer = issuerOf(target);
	const domain = domains.answer?.domains.find((one) => one.url);
	const unknown = isEmulated.value && !target.endpoint;
	return (
		<Card title="Addresses">
			{unknown ? (
				<p class="about">
					The emulator has no address for applications. Start it with <code>--listen 127.0.0.1:9229</code> to give it one.
				</p>
			) : (
				<Facts
					rows={[
						['User pool id', <Value key="id" text={pool} />],
						['Cognito API', <Value key="api" text={target.endpoint ?? `https://cognito-idp.${target.region}.amazonaws.com`} />],
						['Issuer', <Value key="issuer" text={issuer} />],
						['Discovery', <Value key="discovery" text={`${issuer}/.well-known/openid-configuration`} />],
						['Keys (JWKS)', <Value key="keys" text={`${issuer}/.well-known/jwks.json`} />],
						['Sign-in pages', domain?.url && <Value key="domain" text={domain.url} />],
						['MCP', <Value key="mcp" text={new URL('../mcp', location.href).href.split('#')[0] ?? ''} />],
					]}
				/>
			)}
		</Card>
	);
}

function baseTarget(pool: string): Target {
	return { ...targetOf({ client_id: '', has_secret: false }), pool };
}

function Ready({ pool }: { pool: string }) {
	const { answer, error } = useTool<{ clients: Listed[] }>('list_clients', { user_pool_id: pool, limit: 60 });
	const [chosen, setChosen] = useState('');
	const clients = answer?.clients ?? [];
	const client = clients.find((one) => one.client_id === chosen) ?? clients[0];
	return (
		<Card
			title="Configuration"
			about="To paste into an application or an MCP client."
			actions={
				clients.length > 1 && (
					<label class="select-box">
						<span class="sr">App client</span>
						<select value={client?.client_id} onChange={(event) => setChosen(event.currentTarget.value)}>
							{clients.map((one) => (
								<option key={one.client_id} value={one.client_id}>
									{one.name}
								</option>
							))}
						</select>
					</label>
				)
			}
		>
			{error && <ErrorPanel error={error} />}
			{client ? <Configurations target={targetOf(client)} /> : <Configurations target={baseTarget(pool)} />}
		</Card>
	);
}
