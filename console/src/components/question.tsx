// The question of the server before it executes a call: its message, and what it asks for.

import { useState } from 'preact/hooks';
import { questions, type Open } from '../app/server.ts';
import type { JsonObject, Schema } from '../mcp/types.ts';
import { Button } from './basic.tsx';
import { SameAs, titleOf } from './call.tsx';
import { Dialog } from './dialog.tsx';
import { Fields } from './form.tsx';

/** The oldest question that is open. */
export function Questions() {
	const open = questions.value[0];
	return open ? <QuestionDialog key={open.question.message} open={open} /> : null;
}

function QuestionDialog({ open }: { open: Open }) {
	const { question, call } = open;
	const schema = question.requestedSchema;
	// A yes or no is answered by the buttons; anything else has a field.
	const flags = Object.entries(schema.properties ?? {}).filter(([, field]) => field.type === 'boolean');
	const others = Object.entries(schema.properties ?? {}).filter(([, field]) => field.type !== 'boolean');
	const fields: Schema = { properties: Object.fromEntries(others) };
	const [values, setValues] = useState<JsonObject>({});
	const missing = others.some(([name]) => schema.required?.includes(name) && !values[name]);
	const accept = () => {
		const yes: JsonObject = Object.fromEntries(flags.map(([name]) => [name, true]));
		open.answer({ action: 'accept', content: { ...values, ...yes } });
	};
	const decline = () => open.answer({ action: 'decline' });
	const title = titleOf(call.tool);
	return (
		<Dialog
			title={`${title}?`}
			tone="danger"
			onClose={decline}
			footer={
				<>
					<Button tone="danger" onClick={accept} disabled={missing}>
						{title}
					</Button>
					<Button onClick={decline} autofocus={others.length === 0}>
						Cancel
					</Button>
				</>
			}
		>
			<p class="question">{question.message}</p>
			{flags.map(([name, field]) => field.description && <p key={name} class="about">{field.description}</p>)}
			{others.length > 0 && <Fields schema={fields} values={values} onChange={setValues} />}
			<SameAs tool={call.tool} arguments={call.arguments} />
		</Dialog>
	);
}
