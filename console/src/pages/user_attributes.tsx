// Attributes of a user: changed, added and removed in one call.

import { useState } from 'preact/hooks';
import { isAllowed, poolId } from '../app/server.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Button } from '../components/basic.tsx';
import { CallDialog } from '../components/form.tsx';

interface Row {
	name: string;
	value: string;
	/** Not an attribute of the user yet. */
	added?: boolean;
	removed?: boolean;
}

/** The arguments that turn `before` into the rows. */
export function changedAttributes(before: Record<string, string>, rows: Row[]): JsonObject {
	const attributes: JsonObject = {};
	const removed: string[] = [];
	for (const row of rows) {
		if (row.removed) {
			if (row.name in before) removed.push(row.name);
		} else if (row.name && before[row.name] !== row.value) {
			attributes[row.name] = row.value;
		}
	}
	return {
		...(Object.keys(attributes).length > 0 ? { attributes } : {}),
		...(removed.length > 0 ? { remove_attributes: removed } : {}),
	};
}

export function AttributesDialog(props: { username: string; attributes: Record<string, string>; onClose: () => void }) {
	const [rows, setRows] = useState<Row[]>(
		Object.entries(props.attributes)
			// Cognito sets it, and nothing changes it.
			.filter(([name]) => name !== 'sub')
			.map(([name, value]) => ({ name, value })),
	);
	const set = (index: number, change: Partial<Row>) => setRows(rows.map((row, at) => (at === index ? { ...row, ...change } : row)));
	return (
		<CallDialog
			tool="update_user"
			title={`Attributes of ${props.username}`}
			arguments={{ user_pool_id: poolId.value ?? '', username: props.username }}
			fields={[]}
			review
			submit="Change the attributes"
			done="The attributes were changed."
			prepare={(values) => ({ ...values, ...changedAttributes(props.attributes, rows) })}
			onClose={props.onClose}
		>
			{isAllowed('update_user') && (
				<div class="attribute-rows">
					{rows.map((row, index) => (
						<div key={index} class={`attribute-row${row.removed ? ' removed' : ''}`}>
							{row.added ? (
								<input type="text" aria-label="Name of the attribute" placeholder="custom:team" value={row.name} onInput={(event) => set(index, { name: event.currentTarget.value.trim() })} />
							) : (
								<span class="attribute-name">{row.name}</span>
							)}
							<input type="text" aria-label={row.name || 'Value'} value={row.value} disabled={row.removed} spellcheck={false} onInput={(event) => set(index, { value: event.currentTarget.value })} />
							<Button
								tone="quiet"
								icon={row.removed ? 'refresh' : 'trash'}
								label={row.removed ? `Keep ${row.name}` : `Remove ${row.name}`}
								onClick={() => (row.added ? setRows(rows.filter((_, at) => at !== index)) : set(index, { removed: !row.removed }))}
							/>
						</div>
					))}
					<div>
						<Button small icon="plus" onClick={() => setRows([...rows, { name: '', value: '', added: true }])}>
							Add an attribute
						</Button>
					</div>
				</div>
			)}
		</CallDialog>
	);
}
