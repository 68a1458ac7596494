// The groups of the pool, and the members of the one that is open.

import { useState } from 'preact/hooks';
import { link, route, setQuery } from '../app/router.ts';
import { poolId } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import { Badge, Button, Card, Empty, Facts, PageHeader, Time } from '../components/basic.tsx';
import { CallButton, ErrorPanel } from '../components/call.tsx';
import { CallDialog } from '../components/form.tsx';
import { Status } from '../components/status.tsx';
import { DataTable, type Column } from '../components/table.tsx';

interface Group {
	group: string;
	description?: string;
	precedence?: number;
	role_arn?: string;
	created_at?: string;
	modified_at?: string;
}

interface Member {
	username: string;
	status: string;
	enabled: boolean;
	attributes: Record<string, string>;
}

const COLUMNS: Column<Group>[] = [
	{ id: 'group', label: 'Group', cell: (one) => one.group, sort: (one) => one.group },
	{ id: 'description', label: 'Description', cell: (one) => one.description ?? '', sort: (one) => one.description, wide: true },
	{ id: 'precedence', label: 'Precedence', cell: (one) => one.precedence ?? <span class="none">None</span>, sort: (one) => one.precedence ?? Infinity, width: '8rem' },
];

const MEMBERS: Column<Member>[] = [
	{ id: 'username', label: 'Username', cell: (one) => one.username, sort: (one) => one.username },
	{ id: 'status', label: 'Status', width: '11.5rem', wide: true, cell: (one) => (one.enabled ? <Status status={one.status} /> : <Badge tone="bad">Disabled</Badge>), sort: (one) => one.status },
];

export function GroupsPage() {
	const pool = poolId.value;
	const open = route.value.query.group;
	const { answer, error, loading, reload } = useTool<{ groups: Group[] }>('list_groups', pool ? { user_pool_id: pool } : undefined, {
		live: pool ? [`cognito://pools/${pool}/groups`] : [],
	});
	const [creating, setCreating] = useState(false);
	const groups = answer?.groups ?? [];
	const shown = groups.find((one) => one.group === open);
	const create = (
		<Button tone="primary" icon="plus" onClick={() => setCreating(true)}>
			Create group
		</Button>
	);
	return (
		<div class="page">
			<PageHeader title="Groups" about="Users of a group have its name in the claim cognito:groups of their tokens.">
				{create}
			</PageHeader>
			{error && <ErrorPanel error={error} onAgain={reload} />}
			<div class={shown ? 'split' : ''}>
				<DataTable
					label="Groups"
					columns={COLUMNS}
					rows={groups}
					keyOf={(one) => one.group}
					onOpen={(one) => setQuery({ group: one.group })}
					current={open}
					loading={loading && !answer}
					empty={
						<Empty icon="groups" title="No groups yet" actions={create}>
							A group gives its members a role, and a name that applications read from tokens.
						</Empty>
					}
				/>
				{shown && <GroupCard group={shown} />}
			</div>
			{creating && pool && (
				<CallDialog
					tool="create_group"
					arguments={{ user_pool_id: pool }}
					done="The group was created."
					onClose={() => setCreating(false)}
				/>
			)}
		</div>
	);
}

function GroupCard({ group }: { group: Group }) {
	const pool = poolId.value ?? '';
	const [dialog, setDialog] = useState<'update' | 'rename' | 'add'>();
	const args = { user_pool_id: pool, group: group.group };
	const members = useTool<{ users: Member[]; has_more?: boolean }>('list_group_members', { ...args, limit: 60 });
	return (
		<Card
			title={group.group}
			actions={
				<>
					<Button small onClick={() => setDialog('update')}>
						Change
					</Button>
					<Button small onClick={() => setDialog('rename')}>
						Rename
					</Button>
					<CallButton
						tool="delete_group"
						arguments={args}
						tone="danger"
						icon="trash"
						small
						done="The group was deleted."
						onDone={() => setQuery({ group: undefined })}
					>
						Delete
					</CallButton>
				</>
			}
		>
			<Facts
				rows={[
					['Description', group.description],
					['Precedence', group.precedence],
					['IAM role', group.role_arn && <code>{group.role_arn}</code>],
					['Created', group.created_at && <Time at={group.created_at} />],
				]}
			/>
			<div class="card-header">
				<h3>Members</h3>
				<Button small icon="plus" onClick={() => setDialog('add')}>
					Add user
				</Button>
			</div>
			{members.error && <ErrorPanel error={members.error} onAgain={members.reload} />}
			<DataTable
				label="Members"
				columns={[
					...MEMBERS,
					{
						id: 'remove',
						label: 'Remove',
						hideLabel: true,
						width: '7rem',
							action: true,
						cell: (one) => (
							<CallButton tool="remove_user_from_group" arguments={{ ...args, username: one.username }} tone="quiet" small done={`${one.username} was removed.`}>
								Remove
							</CallButton>
						),
					},
				]}
				rows={members.answer?.users ?? []}
				keyOf={(one) => one.username}
				href={(one) => link(['users', one.username])}
				loading={members.loading && !members.answer}
				empty={<p class="about">The group has no members yet.</p>}
			/>
			{members.answer?.has_more && (
				<p>
					<a href={link(['users'], { group: group.group })}>All members</a>
				</p>
			)}
			{dialog === 'update' && <CallDialog tool="update_group" arguments={args} review onClose={() => setDialog(undefined)} />}
			{dialog === 'rename' && <CallDialog tool="rename_group" arguments={args} onClose={() => setDialog(undefined)} />}
			{dialog === 'add' && <CallDialog tool="add_user_to_group" title={`Add a user to ${group.group}`} arguments={args} onClose={() => setDialog(undefined)} />}
		</Card>
	);
}
