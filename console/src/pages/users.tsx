// The users of the pool: search, filters, a table for any number of them, and changes of many.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { link, route, setQuery } from '../app/router.ts';
import { isAllowed, isEmulated, poolId } from '../app/server.ts';
import { useLive, useTool } from '../app/tool.ts';
import { Badge, Button, Empty, formatNumber, PageHeader, plural, Time } from '../components/basic.tsx';
import { ErrorPanel, SameAs } from '../components/call.tsx';
import { CallDialog } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { useCommands } from '../components/palette.tsx';
import { Status } from '../components/status.tsx';
import { DataTable, type Column } from '../components/table.tsx';
import { BulkBar } from './users_bulk.tsx';
import { UsersExport } from './users_export.tsx';
import { PAGE, useUsers } from './users_reading.ts';
import { fromQuery, planOf, searchArguments, toQuery, type Condition, type Filters, type User } from './users_search.ts';

export const STATUSES = ['CONFIRMED', 'UNCONFIRMED', 'FORCE_CHANGE_PASSWORD', 'RESET_REQUIRED', 'EXTERNAL_PROVIDER', 'ARCHIVED', 'COMPROMISED', 'UNKNOWN'];

const COLUMNS: Column<User>[] = [
	{ id: 'username', label: 'Username', cell: (one) => one.username, sort: (one) => one.username },
	{ id: 'email', label: 'E-mail', cell: (one) => one.attributes.email ?? <span class="none">None</span>, sort: (one) => one.attributes.email },
	{ id: 'name', label: 'Name', cell: (one) => one.attributes.name ?? '', sort: (one) => one.attributes.name, wide: true },
	{
		id: 'status',
		label: 'Status',
		width: '15rem',
		wide: true,
		cell: (one) => (
			<span class="badges one-line">
				<Status status={one.status} />
				{!one.enabled && <Badge tone="bad">Disabled</Badge>}
			</span>
		),
		sort: (one) => `${one.status} ${one.enabled}`,
	},
	{ id: 'created', label: 'Created', width: '12.5rem', wide: true, cell: (one) => <Time at={one.created_at} short />, sort: (one) => one.created_at },
];

/** Users that are read again whenever the pool changes. With more, a button offers it. */
const FEW = 2_000;

/** Milliseconds without a key before a search begins. */
const PAUSE = 250;

export function UsersPage() {
	const pool = poolId.value;
	const filters = fromQuery(route.value.query);
	const [text, setText] = useState(filters.text);
	const set = (change: Partial<Filters>) => setQuery({ ...toQuery({ ...filters, ...change }) });
	useEffect(() => {
		if (text === filters.text) return;
		const timer = setTimeout(() => set({ text }), PAUSE);
		return () => clearTimeout(timer);
	}, [text]);

	const [whole, setWhole] = useState(false);
	const plan = useMemo(() => planOf(filters, whole), [JSON.stringify(filters), whole]);
	const [all, setAll] = useState(false);
	// The emulator is not paced, so the table reads on by itself.
	const { users, read, loading, more, error, next, again } = useUsers(pool, plan, all || isEmulated.value);
	useEffect(() => {
		if (!more && !error && plan.where.length === 0) setWhole(true);
	}, [more, error, plan]);
	const [stale, setStale] = useState(false);
	// To read many users again takes seconds, and an application may write all the time.
	useLive(pool ? [`cognito://pools/${pool}`] : [], () => (users.length > FEW ? setStale(true) : again()));
	const rows = useMemo(() => (plan.check ? users.filter(plan.check) : users), [users, plan]);
	const [selected, setSelected] = useState<Set<string>>(new Set());
	useEffect(() => setSelected(new Set()), [JSON.stringify(filters), pool]);
	const [creating, setCreating] = useState(false);
	const [exporting, setExporting] = useState(false);
	useCommands([
		{ title: 'Create user', group: 'Users', icon: 'plus', run: () => setCreating(true) },
		{ title: 'Export users as CSV', group: 'Users', icon: 'state', run: () => setExporting(true) },
	]);

	const isFiltered = plan.where.length > 0 || plan.check !== undefined;
	const create = (
		<Button tone="primary" icon={isAllowed('create_user') ? 'plus' : 'lock'} onClick={() => setCreating(true)}>
			Create user
		</Button>
	);
	const call = { tool: 'search_users', arguments: searchArguments(pool ?? '', plan, PAGE) };
	// Calls for all users that match know only what the server can filter.
	const ofServer = planOf(filters);
	const filter = ofServer.check ? undefined : ofServer;
	return (
		<div class="page fill users">
			<PageHeader title="Users">
				<Button icon="state" onClick={() => setExporting(true)}>
					Export CSV
				</Button>
				{create}
			</PageHeader>
			<FilterBar filters={filters} text={text} onText={setText} set={set} />
			{error && <ErrorPanel error={error} onAgain={again} />}
			{selected.size > 0 && pool && <BulkBar pool={pool} usernames={[...selected]} all={selected.size >= rows.length} filter={filter} onClear={() => setSelected(new Set())} />}
			<DataTable
				label="Users"
				fill
				columns={COLUMNS}
				rows={rows}
				keyOf={(one) => one.username}
				href={(one) => link(['users', one.username])}
				selected={selected}
				onSelect={setSelected}
				loading={loading && users.length === 0}
				onMore={more ? next : undefined}
				empty={
					loading || error ? null : isFiltered ? (
						<Empty icon="search" title="No user matches" actions={<Button onClick={() => (setText(''), setQuery({ ...toQuery(fromQuery({})) }))}>Clear the filters</Button>}>
							{more ? 'Not all users were read yet.' : `None of ${plural(read, 'user')} matches the filters.`}
						</Empty>
					) : (
						<Empty icon="users" title="No users yet" actions={create}>
							Create one here, let an application sign one up, or start the emulator with a pool file (<code>--seed-file</code>).
						</Empty>
					)
				}
			/>
			<p class="table-status" role="status">
				<span>
					{more && !error ? `${formatNumber(rows.length)} users so far` : plural(rows.length, 'user')}
					{isFiltered && read > 0 && ` of ${formatNumber(read)} read`}
				</span>
				{loading && <span class="spinner" aria-hidden="true" />}
				{stale && !loading && (
					<Button small tone="quiet" icon="refresh" onClick={() => (setStale(false), again())}>
						The pool has changed: read again
					</Button>
				)}
				{more && !loading && !isEmulated.value && (
					<Button small tone="quiet" onClick={() => setAll(true)}>
						Read all
					</Button>
				)}
			</p>
			<SameAs tool={call.tool} arguments={call.arguments} />
			{exporting && pool && <UsersExport pool={pool} filter={filter} onClose={() => setExporting(false)} />}
			{creating && pool && (
				<CallDialog
					tool="create_user"
					arguments={{ user_pool_id: pool }}
					fields={['username', 'email', 'phone_number', 'temporary_password', 'message_action', 'groups', 'attributes']}
					labels={{ email: 'E-mail', message_action: 'Invitation' }}
					done="The user was created."
					onClose={() => setCreating(false)}
					onDone={(answer) => {
						if (typeof answer.username === 'string') location.hash = link(['users', answer.username]);
					}}
				/>
			)}
		</div>
	);
}

function FilterBar(props: { filters: Filters; text: string; onText: (text: string) => void; set: (change: Partial<Filters>) => void }) {
	const { filters, set } = props;
	const pool = poolId.value;
	const groups = useTool<{ groups: { group: string }[] }>('list_groups', pool ? { user_pool_id: pool, limit: 60 } : undefined);
	const names = groups.answer?.groups.map((one) => one.group) ?? [];
	if (filters.group && !names.includes(filters.group)) names.push(filters.group);
	const addCondition = () => set({ where: [...filters.where, { field: '', op: 'is', value: '' }] });
	return (
		<div class="filters">
			<div class="toolbar" role="search">
				<label class="search-field">
					<span class="sr">Search users</span>
					<Icon name="search" />
					<input
						type="search"
						data-search
						placeholder="Name, e-mail, phone or sub"
						value={props.text}
						onInput={(event) => props.onText(event.currentTarget.value)}
					/>
				</label>
				<Select label="Status" value={filters.status} onChange={(status) => set({ status })} options={STATUSES.map((one) => [one, one])} any="Any status" />
				<Select
					label="Enabled"
					value={filters.enabled}
					onChange={(enabled) => set({ enabled })}
					options={[
						['true', 'Enabled'],
						['false', 'Disabled'],
					]}
					any="Enabled or not"
				/>
				<Select label="Group" value={filters.group} onChange={(group) => set({ group })} options={names.map((one) => [one, one])} any="Any group" />
				<Button icon="plus" onClick={addCondition}>
					Condition
				</Button>
			</div>
			{filters.where.length > 0 && <Conditions filters={filters} set={set} />}
		</div>
	);
}

function Select(props: { label: string; value: string; options: [string, string][]; any: string; onChange: (value: string) => void }) {
	return (
		<span class="select-box">
			<select aria-label={props.label} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
				<option value="">{props.any}</option>
				{props.options.map(([value, label]) => (
					<option key={value} value={value}>
						{label}
					</option>
				))}
			</select>
		</span>
	);
}

const OPERATORS: [string, string][] = [
	['is', 'is'],
	['contains', 'contains'],
	['starts_with', 'starts with'],
	['ends_with', 'ends with'],
	['matches', 'matches (regular expression)'],
	['exists', 'exists'],
	['before', 'is before'],
	['after', 'is after'],
];

function Conditions({ filters, set }: { filters: Filters; set: (change: Partial<Filters>) => void }) {
	const change = (index: number, part: Partial<Condition>) => {
		set({ where: filters.where.map((one, at) => (at === index ? { ...one, ...part } : one)) });
	};
	return (
		<div class="conditions">
			{filters.where.map((condition, index) => (
				<div key={index} class="condition" role="group" aria-label={`Condition ${index + 1}`}>
					<span class="condition-word">
						{index === 0 ? (
							'Where'
						) : (
							<button type="button" class="disclosure" onClick={() => set({ match: filters.match === 'all' ? 'any' : 'all' })} title="Change between and, or">
								{filters.match === 'all' ? 'and' : 'or'}
							</button>
						)}
					</span>
					<input
						type="text"
						aria-label="Field or attribute"
						list="condition-fields"
						placeholder="Field or attribute"
						value={condition.field}
						onChange={(event) => change(index, { field: event.currentTarget.value.trim() })}
					/>
					<span class="select-box">
						<select aria-label="Operator" value={`${condition.not ? '!' : ''}${condition.op}`} onChange={(event) => {
							const [, not, op = 'is'] = /^(!?)(.*)$/.exec(event.currentTarget.value) ?? [];
							const { not: _, ...rest } = condition;
							set({ where: filters.where.map((one, at) => (at === index ? { ...rest, op, ...(not ? { not: true } : {}) } : one)) });
						}}>
							{OPERATORS.map(([op, label]) => (
								<option key={op} value={op}>
									{label}
								</option>
							))}
							{OPERATORS.slice(0, 6).map(([op, label]) => (
								<option key={`!${op}`} value={`!${op}`}>
									not: {label}
								</option>
							))}
						</select>
					</span>
					{condition.op !== 'exists' && (
						<input
							type="text"
							aria-label="Value"
							placeholder={/before|after/.test(condition.op) ? 'Date or age, as in 90d' : 'Value'}
							value={condition.value ?? ''}
							onChange={(event) => change(index, { value: event.currentTarget.value })}
						/>
					)}
					<Button tone="quiet" icon="close" label="Remove the condition" onClick={() => set({ where: filters.where.filter((_, at) => at !== index) })} />
				</div>
			))}
			<datalist id="condition-fields">
				{['username', 'status', 'enabled', 'created', 'modified', 'group', 'factor', 'last_sign_in', 'email', 'email_verified', 'phone_number', 'name', 'sub'].map((one) => (
					<option key={one} value={one} />
				))}
			</datalist>
		</div>
	);
}
