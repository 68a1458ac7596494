// Form fields from a tool's JSON schema, and dialogs that call a tool with what they hold.

import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { callTool, isAllowed, tools } from '../app/server.ts';
import type { Outcome, Problem, Suggested, ToolError } from '../mcp/answer.ts';
import type { Json, JsonObject, Schema } from '../mcp/types.ts';
import { Button, Loading, Prose } from './basic.tsx';
import { ErrorPanel, SameAs, titleOf } from './call.tsx';
import { Changes, type Change } from './changes.tsx';
import { Dialog } from './dialog.tsx';
import { toast } from './toast.tsx';
import { useEffect } from 'preact/hooks';

/** A label with its control, a description, and the problem of the last call. */
export function Field(props: {
	label: string;
	about?: string | undefined;
	problem?: string | undefined;
	required?: boolean | undefined;
	children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ComponentChildren;
}) {
	const id = useId();
	const described = [props.about && `${id}-about`, props.problem && `${id}-problem`].filter(Boolean).join(' ');
	return (
		<div class={`field${props.problem ? ' invalid' : ''}`}>
			<label for={id}>
				{props.label}
				{props.required && <span class="required"> (required)</span>}
			</label>
			{props.children({
				id,
				...(described ? { 'aria-describedby': described } : {}),
				...(props.problem ? { 'aria-invalid': true } : {}),
			})}
			{props.about && (
				<p class="field-about" id={`${id}-about`}>
					<Prose text={props.about} />
				</p>
			)}
			{props.problem && (
				<p class="field-problem" id={`${id}-problem`}>
					{props.problem}
				</p>
			)}
		</div>
	);
}

export interface FieldsProps {
	schema: Schema;
	/** Names of the fields to show, in this order. Absent: all. */
	only?: string[] | undefined;
	values: JsonObject;
	onChange: (values: JsonObject) => void;
	problems?: Problem[];
	labels?: Record<string, string> | undefined;
}

/** A field for each property. A value that is empty is left out of the arguments. */
export function Fields(props: FieldsProps) {
	const properties = props.schema.properties ?? {};
	const names = props.only ?? Object.keys(properties);
	const set = (name: string, value: Json | undefined) => {
		const values = { ...props.values };
		if (value === undefined) delete values[name];
		else values[name] = value;
		props.onChange(values);
	};
	return (
		<div class="fields">
			{names.map((name) => {
				const schema = properties[name];
				if (!schema) return null;
				const problem = props.problems?.find((one) => one.pointer === `/${name}` || one.pointer?.startsWith(`/${name}/`));
				return (
					<SchemaField
						key={name}
						label={props.labels?.[name] ?? schema.title ?? labelOf(name)}
						schema={schema}
						required={props.schema.required?.includes(name)}
						value={props.values[name]}
						problem={problem?.message}
						onChange={(value) => set(name, value)}
					/>
				);
			})}
		</div>
	);
}

/** `user_pool_id` as `User pool id`. */
export function labelOf(name: string): string {
	const words = name.replaceAll('_', ' ');
	return words.charAt(0).toUpperCase() + words.slice(1);
}

function SchemaField(props: {
	label: string;
	schema: Schema;
	required?: boolean | undefined;
	value: Json | undefined;
	problem?: string | undefined;
	onChange: (value: Json | undefined) => void;
}) {
	const { schema, value, onChange } = props;
	const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
	const common = { label: props.label, about: schema.description, problem: props.problem, required: props.required };
	if (type === 'boolean') {
		return <Choice {...common} value={typeof value === 'boolean' ? value : undefined} fallback={schema.default === true} onChange={onChange} />;
	}
	if (type === 'array' && schema.items?.enum) {
		return <Several {...common} options={schema.items.enum.map(String)} value={(value ?? []) as string[]} onChange={onChange} />;
	}
	if (type === 'array' && schema.items?.type === 'string') {
		const text = Array.isArray(value) ? value.join('\n') : '';
		return (
			<Field {...common} about={`${schema.description ?? ''} One per line.`.trim()}>
				{(ids) => (
					<textarea
						{...ids}
						rows={3}
						value={text}
						onInput={(event) => {
							const lines = event.currentTarget.value.split('\n');
							onChange(lines.some(Boolean) ? lines : undefined);
						}}
						onBlur={(event) => {
							const lines = event.currentTarget.value.split('\n').map((line) => line.trim()).filter(Boolean);
							onChange(lines.length > 0 ? lines : undefined);
						}}
					/>
				)}
			</Field>
		);
	}
	if (type === 'object' || type === 'array') return <JsonField {...common} value={value} onChange={onChange} />;
	if (schema.enum) {
		return (
			<Field {...common}>
				{(ids) => (
					<select {...ids} value={typeof value === 'string' ? value : ''} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
						<option value="">{schema.default !== undefined ? `Default (${String(schema.default)})` : 'Not set'}</option>
						{schema.enum?.map((option) => (
							<option key={String(option)} value={String(option)}>
								{String(option)}
							</option>
						))}
					</select>
				)}
			</Field>
		);
	}
	if (type === 'integer' || type === 'number') {
		return (
			<Field {...common}>
				{(ids) => (
					<input
						{...ids}
						type="number"
						min={schema.minimum}
						max={schema.maximum}
						placeholder={schema.default !== undefined ? String(schema.default) : ''}
						value={typeof value === 'number' ? value : ''}
						onInput={(event) => {
							const number = event.currentTarget.valueAsNumber;
							onChange(Number.isNaN(number) ? undefined : number);
						}}
					/>
				)}
			</Field>
		);
	}
	if (schema.writeOnly) return <Secret {...common} value={typeof value === 'string' ? value : ''} onChange={onChange} />;
	return (
		<Field {...common}>
			{(ids) => (
				<input
					{...ids}
					type="text"
					autocomplete="off"
					spellcheck={false}
					value={typeof value === 'string' ? value : ''}
					onInput={(event) => onChange(event.currentTarget.value || undefined)}
				/>
			)}
		</Field>
	);
}

/** A password, hidden unless it is asked for. */
function Secret(props: { label: string; about?: string | undefined; problem?: string | undefined; required?: boolean | undefined; value: string; onChange: (value: string | undefined) => void }) {
	const [shown, setShown] = useState(false);
	return (
		<Field {...props}>
			{(ids) => (
				<div class="with-button">
					<input
						{...ids}
						type={(shown ? 'text' : 'password') as 'password'}
						autocomplete="new-password"
						spellcheck={false}
						value={props.value}
						onInput={(event) => props.onChange(event.currentTarget.value || undefined)}
					/>
					<Button tone="quiet" icon="eye" label={shown ? 'Hide' : 'Show'} onClick={() => setShown(!shown)} />
				</div>
			)}
		</Field>
	);
}

/** Yes, no, or unchanged. */
function Choice(props: { label: string; about?: string | undefined; problem?: string | undefined; value: boolean | undefined; fallback: boolean; onChange: (value: boolean | undefined) => void }) {
	const id = useId();
	return (
		<div class="field check">
			<input
				id={id}
				type="checkbox"
				checked={props.value ?? props.fallback}
				aria-describedby={props.about ? `${id}-about` : undefined}
				onChange={(event) => props.onChange(event.currentTarget.checked)}
			/>
			<div>
				<label for={id}>{props.label}</label>
				{props.about && (
					<p class="field-about" id={`${id}-about`}>
						<Prose text={props.about} />
					</p>
				)}
				{props.problem && <p class="field-problem">{props.problem}</p>}
			</div>
		</div>
	);
}

function Several(props: { label: string; about?: string | undefined; problem?: string | undefined; options: string[]; value: string[]; onChange: (value: string[] | undefined) => void }) {
	return (
		<fieldset class="field several">
			<legend>{props.label}</legend>
			{props.about && <p class="field-about"><Prose text={props.about} /></p>}
			<div class="options">
				{props.options.map((option) => (
					<label key={option} class="option">
						<input
							type="checkbox"
							checked={props.value.includes(option)}
							onChange={(event) => {
								const others = props.value.filter((one) => one !== option);
								props.onChange(event.currentTarget.checked ? [...others, option] : others);
							}}
						/>
						{option}
					</label>
				))}
			</div>
			{props.problem && <p class="field-problem">{props.problem}</p>}
		</fieldset>
	);
}

function JsonField(props: { label: string; about?: string | undefined; problem?: string | undefined; required?: boolean | undefined; value: Json | undefined; onChange: (value: Json | undefined) => void }) {
	const [text, setText] = useState(props.value === undefined ? '' : JSON.stringify(props.value, null, 2));
	const [wrong, setWrong] = useState<string>();
	return (
		<Field {...props} about={`${props.about ?? ''} JSON.`.trim()} problem={wrong ?? props.problem}>
			{(ids) => (
				<textarea
					{...ids}
					rows={3}
					class="mono"
					spellcheck={false}
					value={text}
					onInput={(event) => {
						const next = event.currentTarget.value;
						setText(next);
						try {
							props.onChange(next.trim() === '' ? undefined : (JSON.parse(next) as Json));
							setWrong(undefined);
						} catch {
							setWrong('This is not JSON yet.');
						}
					}}
				/>
			)}
		</Field>
	);
}

/**
 * A dialog that calls a tool with fields of its schema. With `review`, it first shows what
 * would change, from a dry run. A tool that the server does not allow shows the reason.
 */
export function CallDialog(props: {
	tool: string;
	title?: string;
	about?: ComponentChildren;
	/** Arguments that the page sets. */
	arguments: JsonObject;
	/** Names of the fields to show. Absent: all that the page does not set. */
	fields?: string[];
	labels?: Record<string, string>;
	initial?: JsonObject;
	submit?: string;
	/** Shows the change before it is made; `now` begins with it. */
	review?: boolean | 'now';
	done?: string;
	onClose: () => void;
	onDone?: (answer: JsonObject) => void;
	/** Changes the arguments before they are sent. */
	prepare?: (values: JsonObject) => JsonObject;
	children?: ComponentChildren;
}) {
	const { tool } = props;
	const schema = tools.value.get(tool)?.inputSchema;
	const allowed = isAllowed(tool);
	const [values, setValues] = useState<JsonObject>(props.initial ?? {});
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ToolError>();
	const [preview, setPreview] = useState<Preview>();
	const names = props.fields ?? Object.keys(schema?.properties ?? {}).filter((name) => !(name in props.arguments) && !OWN.has(name));
	const args = (): JsonObject => {
		const all = { ...props.arguments, ...values };
		return props.prepare ? props.prepare(all) : all;
	};

	useEffect(() => {
		if (allowed) return;
		setBusy(true);
		void callTool(tool, { ...props.arguments, dry_run: true }, { own: true }).then((outcome) => {
			setBusy(false);
			if (!outcome.ok) setError(outcome.error);
		});
	}, []);

	useEffect(() => {
		if (props.review !== 'now' || !allowed) return;
		setBusy(true);
		void rehearse().then(() => setBusy(false));
	}, []);

	const rehearse = async () => {
		const outcome = await callTool(tool, { ...args(), dry_run: true }, { own: true });
		if (outcome.ok) setPreview(previewOf(outcome.answer));
		else setError(outcome.error);
	};
	const finish = (outcome: Outcome) => {
		if (outcome.ok) {
			toast(props.done ?? `${title}: done`);
			props.onDone?.(outcome.answer);
			props.onClose();
		} else if (outcome.error.code !== 'ConfirmationDeclined') {
			setError(outcome.error);
		}
	};
	const submit = async (event: Event) => {
		event.preventDefault();
		setBusy(true);
		setError(undefined);
		if (props.review && !preview) {
			await rehearse();
		} else {
			finish(await callTool(tool, args()));
		}
		setBusy(false);
	};
	const title = props.title ?? titleOf(tool);
	const label = props.review && !preview ? 'Review the change' : (props.submit ?? title);
	const id = useId();
	return (
		<Dialog
			title={title}
			onClose={props.onClose}
			footer={
				<>
					{allowed && (
						<button type="submit" form={id} class="button primary" aria-busy={busy ? 'true' : undefined}>
							{busy && <span class="spinner" aria-hidden="true" />}
							<span>{label}</span>
						</button>
					)}
					{preview && names.length + (props.children ? 1 : 0) > 0 && <Button onClick={() => setPreview(undefined)}>Back</Button>}
					<Button onClick={props.onClose}>{allowed ? 'Cancel' : 'Close'}</Button>
				</>
			}
		>
			{props.about && <p class="about">{props.about}</p>}
			{error && (
				<ErrorPanel
					error={error}
					onRetried={(outcome: Outcome, call: Suggested) => {
						if (outcome.ok && call.tool === tool) finish(outcome);
					}}
				/>
			)}
			{!allowed && busy && <Loading lines={2} />}
			{allowed && (
				<form id={id} onSubmit={submit} autocomplete="off">
					{preview ? (
						<PreviewPanel preview={preview} />
					) : (
						<>
							{props.children}
							{schema && (
								<Fields
									schema={schema}
									only={names}
									values={values}
									onChange={setValues}
									problems={error?.problems ?? []}
									labels={props.labels}
								/>
							)}
						</>
					)}
					<SameAs tool={tool} arguments={args()} />
				</form>
			)}
		</Dialog>
	);
}

/** Arguments that forms do not show: the page sets them. */
const OWN = new Set(['user_pool_id', 'dry_run', 'confirm', 'response_format', 'cursor']);

interface Preview {
	changed: Change[];
	affects?: string;
	needed?: string;
	requests: number;
}

export function previewOf(answer: JsonObject): Preview {
	return {
		changed: (answer.changed ?? []) as unknown as Change[],
		...(typeof answer.affects === 'string' ? { affects: answer.affects } : {}),
		...(typeof answer.still_needed === 'string' ? { needed: answer.still_needed } : {}),
		requests: Array.isArray(answer.would_call) ? answer.would_call.length : 0,
	};
}

export function PreviewPanel({ preview }: { preview: Preview }) {
	return (
		<div class="preview">
			{preview.changed.length > 0 ? (
				<Changes changes={preview.changed} />
			) : (
				<p>{preview.requests === 0 ? 'Nothing would change.' : 'The call changes nothing that can be shown before.'}</p>
			)}
			{preview.affects && <p>{preview.affects}</p>}
			{preview.needed && <p>{preview.needed}</p>}
		</div>
	);
}
