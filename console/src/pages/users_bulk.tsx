// Changes of many users: chosen, previewed by a dry run, executed batch by batch.

import { useState } from 'preact/hooks';
import { callTool, isAllowed, isRead } from '../app/server.ts';
import type { Suggested, ToolError } from '../mcp/answer.ts';
import type { JsonObject, Progress } from '../mcp/types.ts';
import { Badge, Button, formatNumber, Loading, plural } from '../components/basic.tsx';
import { CallButton, correction, ErrorPanel, SameAs } from '../components/call.tsx';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/form.tsx';
import { useTool } from '../app/tool.ts';
import type { Condition, Plan } from './users_search.ts';

interface Action {
	id: string;
	label: string;
	danger?: boolean;
	needs?: 'group' | 'attributes';
}

const ACTIONS: Action[] = [
	{ id: 'add_to_group', label: 'Add to a group', needs: 'group' },
	{ id: 'remove_from_group', label: 'Remove from a group', needs: 'group' },
	{ id: 'set_attributes', label: 'Set attributes', needs: 'attributes' },
	{ id: 'confirm', label: 'Confirm' },
	{ id: 'resend_invitation', label: 'Send the invitation again' },
	{ id: 'sign_out', label: 'Sign out' },
	{ id: 'enable', label: 'Enable' },
	{ id: 'disable', label: 'Disable', danger: true },
	{ id: 'delete', label: 'Delete', danger: true },
];

/** Users that one selection may name: the bound of `usernames`. */
const MOST = 1_000;

/** The conditions of every user. */
const EVERY: Condition[] = [{ field: 'username', op: 'exists' }];

interface BulkProps {
	pool: string;
	usernames: string[];
	/** Whether every row of the table is selected. */
	all: boolean;
	/** The filters as the server applies them. Absent: the page itself applies a part of them. */
	filter?: Pick<Plan, 'where' | 'match'> | undefined;
	onClear: () => void;
}

export function BulkBar({ pool, usernames, all, filter, onClear }: BulkProps) {
	const [action, setAction] = useState<Action>();
	const [matching, setMatching] = useState(false);
	const byFilter = matching && all && filter ? filter : undefined;
	const tooMany = usernames.length > MOST && !byFilter;
	const everyone = filter?.where.length === 0;
	const selection: Selection = byFilter
		? { arguments: { where: (everyone ? EVERY : byFilter.where) as unknown as JsonObject[], match: byFilter.match }, words: everyone ? 'all users of the pool' : 'all users that match' }
		: { arguments: { usernames }, words: plural(usernames.length, 'user') };
	return (
		<div class="bulk-bar" role="group" aria-label="Selected users">
			<strong>{byFilter ? `${selection.words.charAt(0).toUpperCase()}${selection.words.slice(1)} selected` : `${plural(usernames.length, 'user')} selected`}</strong>
			{all && filter && !byFilter && (
				<Button small onClick={() => setMatching(true)}>
					{everyone ? 'Select all users of the pool' : 'Select all that match the filters'}
				</Button>
			)}
			{tooMany ? (
				<span class="about">
					A call names at most {formatNumber(MOST)} users.{!all && ' All that match the filters can be changed together: select all rows.'}
					{all && !filter && ' A text and other filters together are searched in this page only: use conditions instead, and all that match can be changed.'}
				</span>
			) : (
				<label class="select-box">
					<span class="sr">Change the selected users</span>
					<select value="" onChange={(event) => setAction(ACTIONS.find((one) => one.id === event.currentTarget.value))}>
						<option value="">Change them…</option>
						{ACTIONS.map((one) => (
							<option key={one.id} value={one.id}>
								{one.label}
							</option>
						))}
					</select>
				</label>
			)}
			<Button small tone="quiet" onClick={onClear}>
				Clear the selection
			</Button>
			{action && <BulkDialog pool={pool} selection={selection} action={action} onClose={() => setAction(undefined)} onDone={onClear} />}
		</div>
	);
}

/** The users that a change is for. */
interface Selection {
	/** The arguments that select them. */
	arguments: JsonObject;
	/** As in `2 users`. */
	words: string;
}

interface Row {
	username: string;
	outcome: 'done' | 'already' | 'failed' | 'not_tried' | 'planned';
	error?: { code: string; message: string; hint?: string; retry?: Suggested };
}

interface Answer {
	done?: number;
	already?: number;
	failed?: number;
	not_tried?: number;
	rows?: Row[];
	plan?: { users: number; described: string; partial?: boolean };
	next?: Suggested;
}

interface Total {
	done: number;
	already: number;
	failed: number;
	not_tried: number;
	rows: Row[];
}

function BulkDialog(props: { pool: string; selection: Selection; action: Action; onClose: () => void; onDone: () => void }) {
	const { action } = props;
	const [group, setGroup] = useState('');
	const [attribute, setAttribute] = useState({ name: '', value: '' });
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ToolError>();
	const [plan, setPlan] = useState<Answer>();
	const [total, setTotal] = useState<Total>();
	const [progress, setProgress] = useState<Progress>();
	const [abort, setAbort] = useState<AbortController>();
	const groups = useTool<{ groups: { group: string }[] }>('list_groups', action.needs === 'group' ? { user_pool_id: props.pool, limit: 60 } : undefined);

	const args = (): JsonObject => ({
		user_pool_id: props.pool,
		action: action.id,
		...props.selection.arguments,
		...(action.needs === 'group' ? { group } : {}),
		...(action.needs === 'attributes' ? { attributes: { [attribute.name]: attribute.value } } : {}),
	});
	const preview = async () => {
		setBusy(true);
		setError(undefined);
		const outcome = await callTool('update_users', { ...args(), dry_run: true }, { own: true });
		setBusy(false);
		if (outcome.ok) setPlan(outcome.answer as unknown as Answer);
		else setError(outcome.error);
	};
	const execute = async () => {
		setBusy(true);
		setError(undefined);
		const controller = new AbortController();
		setAbort(controller);
		const sum: Total = { done: 0, already: 0, failed: 0, not_tried: 0, rows: [] };
		let call: Suggested | undefined = { tool: 'update_users', arguments: args() };
		while (call && !controller.signal.aborted) {
			const outcome = await callTool(call.tool, call.arguments, { signal: controller.signal, onProgress: setProgress });
			if (!outcome.ok) {
				if (outcome.error.code !== 'ConfirmationDeclined' && !controller.signal.aborted) setError(outcome.error);
				break;
			}
			const answer = outcome.answer as unknown as Answer;
			sum.done += answer.done ?? 0;
			sum.already += answer.already ?? 0;
			sum.failed += answer.failed ?? 0;
			sum.not_tried = answer.not_tried ?? 0;
			sum.rows.push(...(answer.rows ?? []).filter((row) => row.outcome === 'failed'));
			setTotal({ ...sum });
			call = answer.next && !isRead(answer.next.tool) ? answer.next : undefined;
		}
		setBusy(false);
		setAbort(undefined);
	};
	const ready = action.needs === 'group' ? group !== '' : action.needs === 'attributes' ? attribute.name !== '' : true;
	const finished = total && !busy;
	const users = plan?.plan?.users ?? 0;
	const locked = !isAllowed('update_users');

	const footer = finished ? (
		<Button
			tone="primary"
			onClick={() => {
				props.onClose();
				props.onDone();
			}}
		>
			Close
		</Button>
	) : busy && abort ? (
		<Button onClick={() => abort.abort()}>Stop</Button>
	) : (
		<>
			{plan ? (
				<Button tone={action.danger ? 'danger' : 'primary'} busy={busy} disabled={users === 0} onClick={execute}>
					{`${action.label}: ${plural(users, 'user')}`}
				</Button>
			) : (
				<Button tone="primary" busy={busy} disabled={!ready} onClick={preview} icon={locked ? 'lock' : 'eye'}>
					Preview
				</Button>
			)}
			{plan && <Button onClick={() => setPlan(undefined)}>Back</Button>}
			<Button onClick={props.onClose}>Cancel</Button>
		</>
	);
	return (
		<Dialog title={`${action.label}: ${props.selection.words}`} onClose={props.onClose} footer={footer} {...(action.danger ? { tone: 'danger' as const } : {})}>
			{error && <ErrorPanel error={error} />}
			{!plan && action.needs === 'group' && (
				<Field label="Group" required>
					{(ids) => (
						<select {...ids} value={group} onChange={(event) => setGroup(event.currentTarget.value)}>
							<option value="">Choose a group</option>
							{groups.answer?.groups.map((one) => (
								<option key={one.group} value={one.group}>
									{one.group}
								</option>
							))}
						</select>
					)}
				</Field>
			)}
			{!plan && action.needs === 'attributes' && (
				<>
					<Field label="Attribute" required about="As in `custom:team`.">
						{(ids) => <input {...ids} type="text" value={attribute.name} onInput={(event) => setAttribute({ ...attribute, name: event.currentTarget.value.trim() })} />}
					</Field>
					<Field label="Value" about="An empty value removes the attribute.">
						{(ids) => <input {...ids} type="text" value={attribute.value} onInput={(event) => setAttribute({ ...attribute, value: event.currentTarget.value })} />}
					</Field>
				</>
			)}
			{!plan && !error && <p class="about">The preview shows which users the call would change. It changes nothing.</p>}
			{plan && !total && <PlanView plan={plan} />}
			{busy && !total && plan && <Loading lines={1} />}
			{busy && progress && (
				<progress value={progress.progress} max={progress.total ?? users} aria-label="Progress">
					{progress.message}
				</progress>
			)}
			{total && <TotalView total={total} />}
			<SameAs tool="update_users" arguments={args()} />
		</Dialog>
	);
}

function PlanView({ plan }: { plan: Answer }) {
	const changes = (plan.rows ?? []).filter((row) => row.outcome === 'planned');
	return (
		<div class="stack small">
			<p class="question">{plan.plan ? `This would ${plan.plan.described}.` : 'Nothing would change.'}</p>
			{plan.plan?.partial && <p class="about">There are further users, which were not read in the time of one call.</p>}
			{(plan.already ?? 0) > 0 && <p class="about">{plural(plan.already ?? 0, 'user')} would stay unchanged: already so.</p>}
			{changes.length > 0 && (
				<ul class="chips" aria-label="Users">
					{changes.slice(0, 60).map((row) => (
						<li key={row.username}>{row.username}</li>
					))}
					{changes.length > 60 && <li>and {formatNumber(changes.length - 60)} more</li>}
				</ul>
			)}
		</div>
	);
}

function TotalView({ total }: { total: Total }) {
	return (
		<div class="stack small">
			<div class="badges" role="status">
				<Badge tone="good">{formatNumber(total.done)} done</Badge>
				{total.already > 0 && <Badge>{formatNumber(total.already)} already so</Badge>}
				{total.failed > 0 && <Badge tone="bad">{formatNumber(total.failed)} failed</Badge>}
				{total.not_tried > 0 && <Badge tone="warn">{formatNumber(total.not_tried)} not tried</Badge>}
			</div>
			{total.rows.length > 0 && (
				<ul class="failures">
					{total.rows.slice(0, 50).map((row) => (
						<li key={row.username}>
							<strong>{row.username}</strong> {row.error?.message}
							{row.error?.hint && <p class="about">{row.error.hint}</p>}
							{row.error?.retry && (
								<CallButton tool={row.error.retry.tool} arguments={row.error.retry.arguments} small>
									{correction(row.error.retry)}
								</CallButton>
							)}
						</li>
					))}
				</ul>
			)}
		</div>
	);
}
