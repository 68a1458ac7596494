// Ready-made configuration, a tab for each kind of application.

import { useState } from 'preact/hooks';
import { configurations, type Target } from '../pages/configurations.ts';
import { CodeBlock, Prose, Tabs } from './basic.tsx';

export function Configurations({ target }: { target: Target }) {
	const all = configurations(target);
	const [open, setOpen] = useState(all[0]?.id ?? '');
	const shown = all.find((one) => one.id === open) ?? all[0];
	if (!shown) return null;
	return (
		<Tabs label="Kind of application" tabs={all} open={shown.id} onOpen={setOpen}>
			<div class="stack small">
				<CodeBlock text={shown.text} label={`${shown.label} ${shown.kind}`} />
				{shown.note && (
					<p class="about">
						<Prose text={shown.note} />
					</p>
				)}
			</div>
		</Tabs>
	);
}
