// The users of the pool, or those that match the filters, as a CSV file.

import { useState } from 'preact/hooks';
import { download, fileName } from '../app/download.ts';
import { callTool, pools } from '../app/server.ts';
import type { ToolError } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, formatNumber, plural } from '../components/basic.tsx';
import { ErrorPanel, SameAs } from '../components/call.tsx';
import { Dialog } from '../components/dialog.tsx';
import { joinedCsv } from './users_csv.ts';
import type { Plan } from './users_search.ts';

/** Users in a page of the export. */
const PAGE = 500;

interface Page {
	content: string;
	exported: number;
	left_out_users: { username: string; why: string }[];
	not_exported: string[];
	next?: { arguments: JsonObject };
}

interface Exported {
	users: number;
	leftOut: Page['left_out_users'];
	lacks: string[];
}

/** Left-out users that are listed. */
const LISTED = 50;

export function UsersExport({ pool, filter, onClose }: { pool: string; filter: Pick<Plan, 'where' | 'match'> | undefined; onClose: () => void }) {
	const [read, setRead] = useState<number>();
	const [done, setDone] = useState<Exported>();
	const [error, setError] = useState<ToolError>();
	const isFiltered = filter !== undefined && filter.where.length > 0;
	const args: JsonObject = {
		user_pool_id: pool,
		format: 'csv',
		...(isFiltered ? { where: filter.where as unknown as JsonObject[], match: filter.match } : {}),
		limit: PAGE,
	};
	const name = `${fileName(pools.value?.find((one) => one.user_pool_id === pool)?.name ?? pool)}-users.csv`;
	const run = async () => {
		setError(undefined);
		setDone(undefined);
		setRead(0);
		const files: string[] = [];
		const leftOut: Page['left_out_users'] = [];
		let next: JsonObject | undefined = args;
		while (next) {
			const outcome = await callTool('export_users', next);
			if (!outcome.ok) {
				// A page of large users is too long for one answer: the server suggests a shorter one.
				const { retry }: ToolError = outcome.error;
				if (outcome.error.code === 'AnswerTooLong' && retry) {
					next = retry.arguments;
					continue;
				}
				setError(outcome.error);
				setRead(undefined);
				return;
			}
			const page = outcome.answer as unknown as Page;
			files.push(page.content);
			leftOut.push(...page.left_out_users);
			setRead(page.exported);
			next = page.next?.arguments;
			if (!next) {
				setDone({ users: page.exported - leftOut.length, leftOut, lacks: page.not_exported });
				download(joinedCsv(files), name, 'text/csv');
			}
		}
		setRead(undefined);
	};
	return (
		<Dialog
			title="Export users as CSV"
			onClose={onClose}
			footer={
				<>
					<Button tone="primary" icon="state" busy={read !== undefined} disabled={!filter} onClick={() => void run()}>
						{read ? `${formatNumber(read)} users` : 'Export'}
					</Button>
					<Button onClick={onClose}>Close</Button>
				</>
			}
		>
			{error && <ErrorPanel error={error} onAgain={() => void run()} />}
			<p>{filter ? (isFiltered ? 'The users that match the filters' : 'All users of the pool') : 'A text and other filters together are searched in this page only. Use conditions instead, or clear the text, and what matches can be exported.'}{filter && ', as a file that an import takes.'}</p>
			{done && (
				<div class="exported" role="status">
					<p>
						<Badge tone="good">Done</Badge> <code>{name}</code>, {plural(done.users, 'user')}
					</p>
					{done.leftOut.length > 0 && (
						<>
							<p>{plural(done.leftOut.length, 'user is', 'users are')} not in the file:</p>
							<ul class="bullets">
								{done.leftOut.slice(0, LISTED).map((one) => (
									<li key={one.username}>
										<strong>{one.username}</strong>: {one.why}
									</li>
								))}
								{done.leftOut.length > LISTED && <li>and {formatNumber(done.leftOut.length - LISTED)} more</li>}
							</ul>
						</>
					)}
					<p>The file lacks:</p>
					<ul class="bullets">
						{done.lacks.map((one) => (
							<li key={one}>{one}</li>
						))}
					</ul>
				</div>
			)}
			<SameAs tool="export_users" arguments={args} />
		</Dialog>
	);
}
