// What every page of MCP Apps has: waiting, errors, and where the answer is from.

import { render, type ComponentChildren } from 'preact';
import { Badge, Loading, Prose } from '../components/basic.tsx';
import { Icon } from '../components/icon.tsx';
import type { JsonObject } from '../mcp/types.ts';
import { cancelled, connect, outcome } from './host.ts';

/** Shows the answer of the call with `view`, as soon as the client sends it. */
export function start(name: string, view: (answer: JsonObject) => ComponentChildren): void {
	const root = document.getElementById('app');
	if (root) render(<Frame view={view} />, root);
	void connect(name);
}

function Frame({ view }: { view: (answer: JsonObject) => ComponentChildren }) {
	const received = outcome.value;
	if (!received) {
		if (!cancelled.value) return <Loading lines={3} />;
		return (
			<main>
				<h1 class="sr">No answer</h1>
				<p class="about">{cancelled.value}</p>
			</main>
		);
	}
	if (received.ok) return <main>{view(received.answer)}</main>;
	const { message, hint, code } = received.error;
	return (
		<main>
			<h1 class="sr">The call failed</h1>
			<div class="error-panel">
				<Icon name="warning" />
				<div>
					<p class="error-message">
						<Prose text={message} />
					</p>
					{hint && (
						<p>
							<Prose text={hint} />
						</p>
					)}
					<p class="error-code">
						<code>{code}</code>
					</p>
				</div>
			</div>
		</main>
	);
}

/** Where a change was made, so that the emulator is not taken for AWS. */
export function Place({ on }: { on: JsonObject[string] | undefined }) {
	const place = (on ?? {}) as { backend?: string; account?: string; region?: string; user_pool_id?: string };
	if (!place.backend) return null;
	const aws = place.backend === 'aws';
	return (
		<p class="place">
			<Badge tone={aws ? 'warn' : 'good'}>{aws ? 'AWS' : 'Emulator'}</Badge>
			<span>{[aws && place.account && `account ${place.account}`, place.region, place.user_pool_id].filter(Boolean).join(' · ')}</span>
		</p>
	);
}
