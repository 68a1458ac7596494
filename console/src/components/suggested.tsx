// A button for a call that an answer suggests. If the call lacks something that only a person
// knows, such as a new password, a form asks for it.

import { useState } from 'preact/hooks';
import { tools } from '../app/server.ts';
import type { Suggested } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Button, type ButtonTone } from './basic.tsx';
import { CallButton, correction } from './call.tsx';
import { CallDialog } from './form.tsx';

/** Text in angle brackets stands for what the person enters. */
const PLACEHOLDER = /^<.*>$/;

/** The arguments that a person has to enter. */
export function missingArguments(call: Suggested, required: string[]): string[] {
	const placeholders = Object.entries(call.arguments)
		.filter(([, value]) => typeof value === 'string' && PLACEHOLDER.test(value))
		.map(([name]) => name);
	return [...new Set([...placeholders, ...required.filter((name) => !(name in call.arguments))])];
}

export function SuggestedButton(props: { call: Suggested; tone?: ButtonTone; small?: boolean; onDone?: (answer: JsonObject) => void; label?: string }) {
	const { call } = props;
	const [open, setOpen] = useState(false);
	const schema = tools.value.get(call.tool)?.inputSchema;
	const missing = missingArguments(call, schema?.required ?? []);
	const label = props.label ?? correction(call);
	const more = {
		...(props.tone ? { tone: props.tone } : {}),
		...(props.small ? { small: true } : {}),
	};
	if (missing.length === 0) {
		return (
			<CallButton tool={call.tool} arguments={call.arguments} icon="play" {...more} {...(props.onDone ? { onDone: props.onDone } : {})}>
				{label}
			</CallButton>
		);
	}
	const known = Object.fromEntries(Object.entries(call.arguments).filter(([name]) => !missing.includes(name)));
	return (
		<>
			<Button icon="play" onClick={() => setOpen(true)} {...more}>
				{label}…
			</Button>
			{open && <CallDialog tool={call.tool} arguments={known} fields={missing} onClose={() => setOpen(false)} {...(props.onDone ? { onDone: props.onDone } : {})} />}
		</>
	);
}
