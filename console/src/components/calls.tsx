// The calls that this page made: each with its arguments and answer, and as commands to copy.

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { made, type Made } from '../app/server.ts';
import { Badge, Button, CodeBlock, Empty } from './basic.tsx';
import { ErrorPanel, SameAs, titleOf, withoutSecrets } from './call.tsx';

export const callsOpen = signal(false);

export function Calls() {
	const [open, setOpen] = useState<number>();
	const [own, setOwn] = useState(false);
	if (!callsOpen.value) return null;
	const calls = made.value.filter((call) => own || !call.own);
	return (
		<aside class="calls" aria-label="Calls of this page">
			<header>
				<h2>Calls</h2>
				<label class="option">
					<input type="checkbox" checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} />
					What pages read
				</label>
				<Button tone="quiet" icon="close" label="Close calls" onClick={() => (callsOpen.value = false)} />
			</header>
			{calls.length === 0 ? (
				<Empty icon="code" title="No calls yet">
					Each thing that you do here is a call of a tool. It is listed here, to copy.
				</Empty>
			) : (
				<ol>
					{calls.map((call) => (
						<li key={call.id}>
							<button type="button" class="call-row" aria-expanded={open === call.id} onClick={() => setOpen(open === call.id ? undefined : call.id)}>
								<span>{titleOf(call.tool)}</span>
								<code>{call.tool}</code>
								<State call={call} />
							</button>
							{open === call.id && <Details call={call} />}
						</li>
					))}
				</ol>
			)}
		</aside>
	);
}

function State({ call }: { call: Made }) {
	if (!call.outcome) return <Badge>Running</Badge>;
	return (
		<>
			<span class="ms">{call.milliseconds} ms</span>
			<Badge tone={call.outcome.ok ? 'good' : 'bad'}>{call.outcome.ok ? 'OK' : call.outcome.error.code}</Badge>
		</>
	);
}

function Details({ call }: { call: Made }) {
	return (
		<div class="call-details">
			<SameAs tool={call.tool} arguments={withoutSecrets(call.tool, call.arguments)} outcome={call.outcome} open />
			{call.outcome && !call.outcome.ok && <ErrorPanel error={call.outcome.error} />}
			{call.outcome?.ok && (
				<>
					<p class="same-title">Answer</p>
					<CodeBlock text={shortened(JSON.stringify(call.outcome.answer, null, 2))} label="answer" />
				</>
			)}
		</div>
	);
}

/** Characters of an answer that are shown. */
const SHOWN = 20_000;

function shortened(text: string): string {
	return text.length > SHOWN ? `${text.slice(0, SHOWN)}\n…` : text;
}
