// Why a user cannot sign in: findings, each with a button for its correction.

import { useState } from 'preact/hooks';
import { poolId } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import type { Suggested } from '../mcp/answer.ts';
import { Badge, Button, Card, Facts, Loading, Prose, Time } from '../components/basic.tsx';
import { ErrorPanel, SameAs, sentence } from '../components/call.tsx';
import { Field } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { SuggestedButton } from '../components/suggested.tsx';

interface Finding {
	id: string;
	blocks: boolean;
	seen: string;
	means: string;
	fix?: Suggested;
	fix_not_enabled?: string;
	as_user?: Suggested;
}

interface Answer {
	can_sign_in: 'yes' | 'no' | 'unknown';
	explanation: string;
	status?: string;
	status_means?: string;
	client_id?: string;
	flow?: string;
	challenges?: string[];
	findings: Finding[];
	recent_refusals?: { at: string; operation: string; code: string; message: string }[];
	not_read?: { what: string; why: string }[];
}

const FLOWS = ['ADMIN_USER_PASSWORD_AUTH', 'USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'USER_AUTH', 'CUSTOM_AUTH'];

const VERDICTS = { yes: ['good', 'check', 'Can sign in'], no: ['bad', 'close', 'Cannot sign in'], unknown: ['warn', 'info', 'Not certain'] } as const;

export function Diagnosis({ username }: { username: string }) {
	const pool = poolId.value ?? '';
	const [client, setClient] = useState('');
	const [flow, setFlow] = useState('');
	const clients = useTool<{ clients: { client_id: string; name: string }[] }>('list_clients', { user_pool_id: pool, limit: 60 });
	const listed = clients.answer?.clients ?? [];
	// Without a client of its own, the server's default may be in another pool.
	const chosen = client || listed[0]?.client_id || '';
	const args = { user_pool_id: pool, username, ...(chosen ? { client_id: chosen } : {}), ...(flow ? { flow } : {}) };
	const { answer, error, loading, reload } = useTool<Answer>('diagnose_sign_in', clients.loading && !clients.answer ? undefined : args);
	return (
		<div class="stack">
			<div class="toolbar form-row">
				<Field label="App client">
					{(ids) => (
						<select {...ids} value={chosen} onChange={(event) => setClient(event.currentTarget.value)}>
							{listed.map((one) => (
								<option key={one.client_id} value={one.client_id}>
									{one.name} · {one.client_id}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field label="Flow">
					{(ids) => (
						<select {...ids} value={flow} onChange={(event) => setFlow(event.currentTarget.value)}>
							<option value="">The first that the client allows</option>
							{FLOWS.map((one) => (
								<option key={one} value={one}>
									{one}
								</option>
							))}
						</select>
					)}
				</Field>
				<Button icon="refresh" busy={loading} onClick={reload}>
					Check again
				</Button>
			</div>
			{error && <ErrorPanel error={error} onAgain={reload} />}
			{!answer && loading && <Loading lines={4} />}
			{answer && <Verdict answer={answer} />}
			{answer && <SameAs tool="diagnose_sign_in" arguments={args} />}
		</div>
	);
}

function Verdict({ answer }: { answer: Answer }) {
	const [tone, icon, label] = VERDICTS[answer.can_sign_in];
	return (
		<>
			<div class={`verdict ${tone}`} role="status">
				<span class="verdict-icon">
					<Icon name={icon} />
				</span>
				<div>
					<strong>{label}</strong>
					<p>
						<Prose text={answer.explanation} />
					</p>
				</div>
			</div>
			{answer.findings.map((finding) => (
				<Card key={finding.id + finding.seen} title={finding.seen} class={finding.blocks ? 'blocks' : ''} actions={<Badge tone={finding.blocks ? 'bad' : 'neutral'}>{finding.blocks ? 'Prevents the sign-in' : 'To know'}</Badge>}>
					<p>
						<Prose text={sentence(finding.means)} />
					</p>
					{finding.fix_not_enabled && (
						<p class="about locked">
							<Icon name="lock" /> {finding.fix_not_enabled}
						</p>
					)}
					{finding.fix && (
						<div class="actions">
							<SuggestedButton call={finding.fix} tone={finding.blocks ? 'primary' : 'plain'} />
						</div>
					)}
					{finding.fix && <SameAs tool={finding.fix.tool} arguments={finding.fix.arguments} />}
				</Card>
			))}
			<Card title="What was checked">
				<Facts
					rows={[
						['App client', answer.client_id && <code>{answer.client_id}</code>],
						['Flow', answer.flow && <code>{answer.flow}</code>],
						['Challenges', (answer.challenges?.length ?? 0) > 0 && answer.challenges?.join(', ')],
					]}
				/>
				{(answer.recent_refusals?.length ?? 0) > 0 && (
					<>
						<h3>Last refused calls</h3>
						<ul class="rows">
							{answer.recent_refusals?.map((one) => (
								<li key={one.at + one.operation}>
									<div>
										<strong>{one.code}</strong> {one.message}
										<p class="about">
											{one.operation}, <Time at={one.at} />
										</p>
									</div>
								</li>
							))}
						</ul>
					</>
				)}
				{(answer.not_read?.length ?? 0) > 0 && <p class="about">Not read: {answer.not_read?.map((one) => `${one.what} (${one.why})`).join(', ')}</p>}
			</Card>
		</>
	);
}
