// Every call that the emulator answered, live: the request, its answer, and for a refusal the
// rule.

import { useEffect, useState } from 'preact/hooks';
import { useList } from '../app/pages_of_list.ts';
import { link, route, setQuery } from '../app/router.ts';
import { client } from '../app/server.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, Card, CodeBlock, Empty, Facts, Loading, PageHeader, plural, Prose, Time, Value } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs, sentence } from '../components/call.tsx';
import { EmulatorOnly } from '../components/emulator_only.tsx';
import { FaultDialog, FaultList, useEmulator } from '../components/faults.tsx';
import { Icon } from '../components/icon.tsx';
import { useCommands } from '../components/palette.tsx';
import { DataTable, type Column } from '../components/table.tsx';
import { isSpent } from './faults_reading.ts';
import { adviceFor, isPage, isRefused, matches, resultOf, userOf, type Advice, type Recorded } from './requests_reading.ts';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });

const COLUMNS: Column<Recorded>[] = [
	{
		id: 'operation',
		label: 'Operation',
		width: '36%',
		cell: (one) => (
			<>
				{one.operation}
				{one.lookup && <span class="lookup"> look-up</span>}
			</>
		),
		sort: (one) => one.operation,
	},
	{ id: 'user', label: 'User', width: '22%', wide: true, cell: (one) => userOf(one) ?? '', sort: userOf },
	{ id: 'result', label: 'Result', cell: (one) => <Result call={one} />, sort: resultOf },
	{ id: 'at', label: 'Time', width: '8rem', wide: true, cell: (one) => <time dateTime={one.at}>{one.at ? clock.format(new Date(one.at)) : ''}</time>, sort: (one) => one.at },
];

/** The columns beside an open request, which has the others. */
const BESIDE = COLUMNS.filter((column) => column.id === 'operation' || column.id === 'result').map((column) => (column.id === 'operation' ? { ...column, width: '46%' } : column));

function Result({ call }: { call: Recorded }) {
	return <Badge tone={isRefused(call) ? 'bad' : 'good'}>{resultOf(call)}</Badge>;
}

export function RequestsPage() {
	return (
		<EmulatorOnly title="Requests" icon="requests" because="Requests to Cognito on AWS are in CloudTrail, not here.">
			<Journal />
		</EmulatorOnly>
	);
}

/** Requests in a page of the list. */
const PAGE = 25;

function Journal() {
	const { query } = route.value;
	const [breaking, setBreaking] = useState(false);
	const args: JsonObject = {
		limit: PAGE,
		// The server filters by operations of Cognito, and not by pages of a domain.
		...(query.operation && !isPage(query.operation) ? { operation: query.operation } : {}),
		...(query.refused ? { failed: true } : {}),
		...(query.lookups ? { lookups: true } : {}),
	};
	const list = useList<Recorded>('read_journal', args, (answer) => answer.calls as unknown as Recorded[], (call) => call.request_id, { live: ['cognito://emulator/journal'] });
	const found = list.items.filter((call) => matches(call, { text: query.q ?? '', user: query.user ?? '', operation: query.operation ?? '', withoutReads: !!query.changes }));
	const shown = found.find((call) => call.request_id === query.request) ?? (query.request ? list.items.find((call) => call.request_id === query.request) : undefined);
	const filtered = !!(query.q || query.user || query.operation || query.refused || query.changes);
	const clear = () => setQuery({ q: undefined, user: undefined, operation: undefined, refused: undefined, changes: undefined });
	useCommands([{ title: 'Add a fault', group: 'Requests', icon: 'warning', run: () => setBreaking(true) }]);
	return (
		<div class="page">
			<PageHeader title="Requests" about="Every call that the emulator answered, from your applications and from tools. Secrets are hidden.">
				<span class="live" title="New requests appear here at once">
					Live
				</span>
				<Button icon="warning" onClick={() => setBreaking(true)}>
					Add a fault
				</Button>
			</PageHeader>
			{list.error && <ErrorPanel error={list.error} onAgain={list.reload} />}
			<Pending />
			<Filters operations={list.items.map((call) => call.operation)} />
			{list.loading ? (
				<Loading lines={5} />
			) : (
				<div class={shown ? 'split requests' : ''}>
					<DataTable
						label="Requests"
						columns={shown ? BESIDE : COLUMNS}
						rows={found}
						keyOf={(call) => call.request_id}
						onOpen={(call) => setQuery({ request: call.request_id })}
						current={shown?.request_id}
						onMore={list.more}
						empty={
							filtered ? (
								<Empty icon="search" title="No request matches" actions={<Button onClick={clear}>Show all requests</Button>}>
									{list.older > 0 ? 'Older requests are being read.' : 'The search covers operations, users, requests and answers.'}
								</Empty>
							) : (
								<Empty icon="requests" title="No requests yet" actions={<a class="button" href={link([])}>Addresses and configuration</a>}>
									Point your application at the emulator. Each call appears here at once.
								</Empty>
							)
						}
					/>
					{shown && <RequestCard key={shown.request_id} call={shown} />}
				</div>
			)}
			<p class="list-status" role="status">
				{list.items.length > 0 && `${plural(found.length, 'request')}${found.length < list.items.length ? ` of ${list.items.length}` : ''}${list.older > 0 ? `, ${list.older} older` : ''}`}
			</p>
			<SameAs tool={list.call.tool} arguments={list.call.arguments} />
			{breaking && <FaultDialog onClose={() => setBreaking(false)} />}
		</div>
	);
}

function Filters({ operations }: { operations: string[] }) {
	const { query } = route.value;
	const names = [...new Set([...operations, ...(query.operation ? [query.operation] : [])])].sort();
	return (
		<div class="toolbar">
			<label class="search-field">
				<span class="sr">Search requests</span>
				<Icon name="search" />
				<input type="search" data-search placeholder="Operation, exception, or any text" value={query.q ?? ''} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
			</label>
			<label class="narrow-field">
				<span class="sr">User</span>
				<input type="search" placeholder="User" value={query.user ?? ''} onInput={(event) => setQuery({ user: event.currentTarget.value })} />
			</label>
			<label class="select-box">
				<span class="sr">Operation</span>
				<select value={query.operation ?? ''} onChange={(event) => setQuery({ operation: event.currentTarget.value })}>
					<option value="">All operations</option>
					{names.map((name) => (
						<option key={name} value={name}>
							{name}
						</option>
					))}
				</select>
			</label>
			<Flag name="refused" label="Only refusals" />
			<Flag name="changes" label="Without reads" />
			<Flag name="lookups" label="Reads by tools" />
		</div>
	);
}

function Flag({ name, label }: { name: string; label: string }) {
	return (
		<label class="option">
			<input type="checkbox" checked={!!route.value.query[name]} onChange={(event) => setQuery({ [name]: event.currentTarget.checked ? '1' : undefined })} />
			{label}
		</label>
	);
}

/** The faults that will change a request, where they cannot be overlooked. */
function Pending() {
	const { answer } = useEmulator();
	const pending = (answer?.faults ?? []).filter((fault) => !isSpent(fault));
	if (pending.length === 0) return null;
	return (
		<section class="pending" aria-label="Pending faults">
			<h2>
				<Icon name="warning" />
				{plural(pending.length, 'fault is pending', 'faults are pending')}
			</h2>
			<FaultList faults={pending} />
		</section>
	);
}

function RequestCard({ call }: { call: Recorded }) {
	const [breaking, setBreaking] = useState(false);
	const user = userOf(call);
	const pool = typeof call.request?.UserPoolId === 'string' ? call.request.UserPoolId : undefined;
	// Requests of a domain's pages belong to a browser: they are not sent again, and have no faults of their own.
	const isOperation = !isPage(call.operation);
	return (
		<Card
			title={call.operation}
			class="request-card"
			actions={
				<>
					{isOperation && (
						<>
							<CallButton
								tool="repeat_request"
								arguments={{ request_id: call.request_id }}
								small
								icon="refresh"
								done="The request was sent again."
								onDone={(answer) => typeof answer.request_id === 'string' && setQuery({ request: answer.request_id })}
							>
								Send again
							</CallButton>
							<Button small icon="warning" onClick={() => setBreaking(true)}>
								Break the next one
							</Button>
						</>
					)}
					<Button small tone="quiet" icon="close" label="Close the request" onClick={() => setQuery({ request: undefined })} />
				</>
			}
		>
			{isRefused(call) && <Refusal call={call} />}
			<Facts
				rows={[
					['Result', <Result key="result" call={call} />],
					['HTTP status', call.status ?? <span class="none">The connection was cut</span>],
					['Time', <Time key="at" at={call.at} />],
					...(user ? [['User', <a key="user" href={link(['users', user], pool ? { pool } : {})}>{user}</a>] as [string, preact.ComponentChildren]] : []),
					...(call.delay_ms ? [['Delayed by a fault', `${call.delay_ms} ms`] as [string, string]] : []),
					...(call.lookup ? [['From', 'A tool or this console, which looked this up for itself'] as [string, string]] : []),
					['Request id', <Value key="id" text={call.request_id} label="Copy the request id" />],
				]}
			/>
			<h3>Request</h3>
			{call.request ? <CodeBlock text={JSON.stringify(call.request, null, 2)} label="request" /> : <p class="about">It has no members.</p>}
			<h3>Answer</h3>
			{call.response ? (
				<CodeBlock text={JSON.stringify(call.response, null, 2)} label="response" />
			) : call.code ? (
				<CodeBlock text={JSON.stringify({ __type: call.code, ...(call.message ? { message: call.message } : {}) }, null, 2)} label="response" />
			) : (
				<p class="about">It is empty.</p>
			)}
			{breaking && <FaultDialog operation={call.operation} onClose={() => setBreaking(false)} />}
		</Card>
	);
}

/** The sentence of a refusal, and what to do about it. */
function Refusal({ call }: { call: Recorded }) {
	const [advice, setAdvice] = useState<Advice>();
	const { code, message } = call;
	useEffect(() => {
		if (!code) return;
		let current = true;
		client
			.read(`cognito://errors/${code}`)
			.then((read) => current && setAdvice(adviceFor((read as unknown as { errors: Advice[] }).errors, message)))
			// Not every exception has advice.
			.catch(() => {});
		return () => {
			current = false;
		};
	}, [code, message]);
	return (
		<div class="refusal">
			<Icon name="warning" />
			<div>
				<p class="error-message">{message ? sentence(message) : call.cut ? cutWords(call.cut) : `${call.code ?? 'The refusal'} came without a sentence, as faults send it.`}</p>
				{advice && (
					<p>
						<Prose text={sentence(advice.advice)} />
					</p>
				)}
				{code && (
					<p class="error-code">
						<code>{code}</code>
						{advice?.says && <span> · rule for “{advice.says}”</span>}
					</p>
				)}
			</div>
		</div>
	);
}

function cutWords(cut: string): string {
	return cut === 'AfterEffects' ? 'A fault cut the connection after the request took effect.' : 'A fault cut the connection before the request took effect.';
}
