// Ready-made configuration, a tab for each kind of application.

import { useState } from 'preact/hooks';
import { about, poolId } from '../app/server.ts';
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

interface AppClient {
	client_id: string;
	has_secret: boolean;
	callback_urls?: string[];
	scopes?: string[];
}

/** What applications need to use the client. */
export function targetOf(client: AppClient): Target {
	const who = about.value;
	const endpoint = who?.endpoint;
	return {
		region: who?.region ?? 'us-east-1',
		pool: poolId.value ?? '',
		client: client.client_id,
		backend: who?.backend ?? 'emulated',
		hasSecret: client.has_secret,
		...(endpoint ? { endpoint } : {}),
		...(client.callback_urls?.[0] ? { redirect: client.callback_urls[0] } : {}),
		...(client.scopes ? { scopes: client.scopes } : {}),
	};
}
