// Settings before and after a change.

export interface Change {
	setting: string;
	before?: string;
	after?: string;
}

export function Changes({ changes }: { changes: Change[] }) {
	return (
		<div class="table-frame">
			<table class="plain-table changes">
				<caption class="sr">What changes</caption>
				<thead>
					<tr>
						<th scope="col">Setting</th>
						<th scope="col">Before</th>
						<th scope="col">After</th>
					</tr>
				</thead>
				<tbody>
					{changes.map((change) => (
						<tr key={change.setting}>
							<th scope="row">{change.setting}</th>
							<td class="before">{change.before ?? <span class="none">Not set</span>}</td>
							<td class="after">{change.after ?? <span class="none">Not set</span>}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
