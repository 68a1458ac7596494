// Settings before and after: for answers of tools that change, of their dry runs, and of
// `plan_change`.

import { Badge } from '../components/basic.tsx';
import { Changes, type Change } from '../components/changes.tsx';
import type { Json, JsonObject } from '../mcp/types.ts';
import { Place, start } from './frame.tsx';

interface Step {
	tool: string;
	outcome: 'succeeded' | 'refused' | 'not_rehearsed';
	on_this_server: string;
	error?: { code: string; message: string };
}

start('change', (answer) => (Array.isArray(answer.steps) ? <Plan answer={answer} /> : <Changed answer={answer} />));

function Changed({ answer }: { answer: JsonObject }) {
	const changed = (answer.changed ?? []) as unknown as Change[];
	const isRehearsal = Array.isArray(answer.would_call);
	return (
		<>
			<header class="app-header">
				<div>
					<h1>{isRehearsal ? 'What would change' : 'What changed'}</h1>
					<Place on={answer.on} />
				</div>
			</header>
			{changed.length > 0 ? <Changes changes={changed} /> : <p>{isRehearsal ? 'The call would change no setting.' : 'The call changed no setting.'}</p>}
			{typeof answer.affects === 'string' && <p>{answer.affects}</p>}
			{typeof answer.still_needed === 'string' && <p>{answer.still_needed}</p>}
			{isRehearsal && <p class="about">Nothing was changed yet.</p>}
		</>
	);
}

function text(value: Json | undefined): string | undefined {
	if (value === undefined || value === null) return undefined;
	return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}

function Plan({ answer }: { answer: JsonObject }) {
	const steps = answer.steps as unknown as Step[];
	const differences = (answer.differences ?? []) as JsonObject[];
	const changes: Change[] = differences.map((one) => {
		const before = text(one.before ?? one.removed);
		const after = text(one.after ?? one.added);
		return { setting: String(one.path), ...(before !== undefined ? { before } : {}), ...(after !== undefined ? { after } : {}) };
	});
	return (
		<>
			<header class="app-header">
				<div>
					<h1>{answer.succeeds ? 'The plan succeeds' : 'The plan fails'}</h1>
					<p class="about">It was carried out on a copy of the pool. Nothing was changed.</p>
				</div>
			</header>
			<ol class="plan-steps">
				{steps.map((step, index) => (
					<li key={index}>
						<code>{step.tool}</code> <Badge tone={step.outcome === 'succeeded' ? 'good' : step.outcome === 'refused' ? 'bad' : 'neutral'}>{step.outcome.replaceAll('_', ' ')}</Badge>
						{step.on_this_server !== 'allowed' && <Badge tone="warn">{step.on_this_server.replaceAll('_', ' ')}</Badge>}
						{step.error && (
							<p>
								<code>{step.error.code}</code>: {step.error.message}
							</p>
						)}
					</li>
				))}
			</ol>
			{changes.length > 0 && <Changes changes={changes} />}
		</>
	);
}
