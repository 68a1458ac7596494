// Faults of the emulator: those that are active, and the dialog that adds one.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { callTool, isAllowed, tools } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import type { JsonObject, Schema } from '../mcp/types.ts';
import { effectOf, isSpent, targetOf, whenOf, type Fault } from '../pages/faults_reading.ts';
import { Badge, Button, Empty } from './basic.tsx';
import { CallButton, ErrorPanel, SameAs, useAction } from './call.tsx';
import { Dialog } from './dialog.tsx';
import { Field, Fields } from './form.tsx';
import { toast } from './toast.tsx';

/** The answer of `get_emulator`. */
export interface EmulatorState {
	now?: string;
	token_clock: 'emulator' | 'real';
	token_age: number;
	throttle: string;
	faults: Fault[];
	saved_states: { name: string; saved_at?: string; pools: number; users: number }[];
	triggers: Record<string, string>;
	pools: number;
	users: number;
	messages: number;
	calls: number;
}

export function useEmulator() {
	// Requests that only read change the counts of faults, and are reported for the journal alone.
	return useTool<EmulatorState>('get_emulator', {}, { live: ['cognito://emulator', 'cognito://emulator/journal'] });
}

/** The active faults with their counts. */
export function FaultList({ faults, empty }: { faults: Fault[]; empty?: ComponentChildren }) {
	if (faults.length === 0) return <>{empty ?? <Empty icon="warning" title="No faults">Every request is answered as Cognito would.</Empty>}</>;
	return (
		<ul class="faults" aria-label="Faults">
			{faults.map((fault) => (
				<li key={fault.id}>
					<div>
						<p>
							<strong>{targetOf(fault)}</strong>: <code>{effectOf(fault)}</code>, {whenOf(fault)}
						</p>
						<p class="about">
							{fault.struck === 0 ? 'Changed no request yet' : `Changed ${fault.struck} of ${fault.concerned} ${fault.concerned === 1 ? 'request' : 'requests'}`}
						</p>
					</div>
					<Badge tone={isSpent(fault) ? 'neutral' : 'warn'}>{isSpent(fault) ? 'Over' : fault.when === 'always' ? 'Active' : 'Pending'}</Badge>
					<CallButton tool="inject_fault" arguments={{ remove: fault.id }} small tone="quiet" icon="trash" done="The fault was removed.">
						Remove<span class="sr"> the fault of {targetOf(fault)}</span>
					</CallButton>
				</li>
			))}
		</ul>
	);
}

type Effect = 'exception' | 'delay' | 'cut_before_effects' | 'cut_after_effects';
type When = 'first' | 'always' | 'callers' | 'nth' | 'share';

const EFFECTS: [Effect, string][] = [
	['exception', 'Refuse it with an exception'],
	['delay', 'Delay the answer'],
	['cut_before_effects', 'Cut the connection before it takes effect'],
	['cut_after_effects', 'Cut the connection after it took effect'],
];

const WHENS: [When, string][] = [
	['first', 'The next requests'],
	['callers', 'The next calls, with their retries'],
	['nth', 'One request'],
	['share', 'A share of requests'],
	['always', 'Every request'],
];

interface Declared {
	code: string;
	advice: string;
}

/** Operations that applications call, which the field suggests. It takes every other one, too. */
const OPERATIONS = [
	'InitiateAuth',
	'RespondToAuthChallenge',
	'SignUp',
	'ConfirmSignUp',
	'ResendConfirmationCode',
	'ForgotPassword',
	'ConfirmForgotPassword',
	'GetTokensFromRefreshToken',
	'GetUser',
	'GlobalSignOut',
	'AdminInitiateAuth',
	'AdminRespondToAuthChallenge',
	'AdminCreateUser',
	'AdminGetUser',
	'ListUsers',
];

/** What most tests want to see first. */
const USUAL = 'TooManyRequestsException';

/** Adds a fault. `operation` is set where the page knows it. */
export function FaultDialog({ operation, onClose }: { operation?: string; onClose: () => void }) {
	const schema = withoutEffects(tools.value.get('inject_fault')?.inputSchema ?? {});
	const [values, setValues] = useState<JsonObject>({ effect: 'exception', code: USUAL, first: 1, ...(operation ? { operation } : {}) });
	const [when, setWhen] = useState<When>('first');
	const { busy, error, run } = useAction();
	const read = useDeclared(typeof values.operation === 'string' ? values.operation : undefined);
	// An operation of a request exists, so its list follows.
	const declared = read.length === 0 && operation ? [{ code: USUAL, advice: '' }] : read;
	const effect = values.effect as Effect;
	const args = argumentsOf(values, when);
	const set = (name: string, value: JsonObject[string] | undefined) => setValues(({ [name]: _, ...rest }) => (value === undefined ? rest : { ...rest, [name]: value }));
	const submit = async (event: Event) => {
		event.preventDefault();
		const outcome = await run('inject_fault', args);
		if (!outcome.ok) return;
		toast(operation ? `The next ${operation} is changed.` : 'The fault was added.');
		onClose();
	};
	const details = { exception: ['message'], delay: ['delay_ms'], cut_before_effects: [], cut_after_effects: [] }[effect];
	const limit = when === 'always' ? [] : [when];
	const plain: Schema = { ...schema, required: [...(effect === 'delay' ? ['delay_ms'] : [])] };
	const known = declared.some((one) => one.code === values.code);
	return (
		<Dialog
			title={operation ? `Break the next ${operation}` : 'Add a fault'}
			onClose={onClose}
			footer={
				<>
					<button type="submit" form="fault" class="button primary" aria-busy={busy ? 'true' : undefined}>
						{busy && <span class="spinner" aria-hidden="true" />}
						<span>{operation ? 'Break it' : 'Add the fault'}</span>
					</button>
					<Button onClick={onClose}>Cancel</Button>
				</>
			}
		>
			{error && <ErrorPanel error={error} />}
			<form id="fault" onSubmit={submit} autocomplete="off">
				{!operation && (
					<>
						<Field label="Operation" about={schema.properties?.operation?.description} problem={error?.problems.find((one) => one.pointer === '/operation')?.message}>
							{(ids) => <input {...ids} type="text" list="fault-operations" spellcheck={false} value={String(values.operation ?? '')} onInput={(event) => set('operation', event.currentTarget.value.trim() || undefined)} />}
						</Field>
						<datalist id="fault-operations">
							{OPERATIONS.map((one) => (
								<option key={one} value={one} />
							))}
						</datalist>
						{!values.operation && <Fields schema={schema} only={['category']} values={values} onChange={setValues} problems={error?.problems ?? []} />}
					</>
				)}
				<Choice label="What happens" options={EFFECTS} value={effect} onChange={(value) => set('effect', value)} />
				{effect === 'exception' && declared.length > 0 && (
					<Field label="Exception" about={declared.find((one) => one.code === values.code)?.advice || undefined}>
						{(ids) => (
							<select {...ids} value={known ? String(values.code) : ''} onChange={(event) => set('code', event.currentTarget.value || undefined)}>
								{!known && <option value="">Choose one</option>}
								{declared.map((one) => (
									<option key={one.code} value={one.code}>
										{one.code}
									</option>
								))}
							</select>
						)}
					</Field>
				)}
				<Fields
					schema={plain}
					only={[...(effect === 'exception' && declared.length === 0 ? ['code'] : []), ...details]}
					values={values}
					onChange={setValues}
					problems={error?.problems ?? []}
					labels={{ code: 'Exception', delay_ms: 'Milliseconds' }}
				/>
				<Choice label="Which requests" options={WHENS} value={when} onChange={setWhen} />
				{limit.length > 0 && (
					<Fields schema={plain} only={limit} values={values} onChange={setValues} problems={error?.problems ?? []} labels={{ first: 'How many', callers: 'How many', nth: 'The number of the request', share: 'Share' }} />
				)}
				<SameAs tool="inject_fault" arguments={args} />
			</form>
		</Dialog>
	);
}

/** Descriptions without the effect that they are for: the form shows only the fields of one. */
function withoutEffects(schema: Schema): Schema {
	const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => {
		const text = (field.description ?? '').replace(/^effect \w+: /, '');
		return [name, { ...field, description: text.charAt(0).toUpperCase() + text.slice(1) }];
	});
	return { ...schema, properties: Object.fromEntries(properties) as Record<string, Schema> };
}

/** The members that the chosen effect and requests need. */
export function argumentsOf(values: JsonObject, when: string): JsonObject {
	const names = ['operation', 'category', 'effect', ...(values.effect === 'exception' ? ['code', 'message'] : []), ...(values.effect === 'delay' ? ['delay_ms'] : []), when];
	return Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name] ?? null]));
}

/** The exceptions that the operation declares. */
function useDeclared(operation: string | undefined): Declared[] {
	const [declared, setDeclared] = useState<Declared[]>([]);
	useEffect(() => {
		setDeclared([]);
		if (!operation || !isAllowed('describe_operation')) return;
		let current = true;
		// The name may be incomplete while it is entered: then there is no list.
		const timer = setTimeout(async () => {
			const outcome = await callTool('describe_operation', { operation }, { own: true });
			if (current && outcome.ok) setDeclared((outcome.answer.exceptions ?? []) as unknown as Declared[]);
		}, 200);
		return () => {
			current = false;
			clearTimeout(timer);
		};
	}, [operation]);
	return declared;
}

export function Choice<T extends string>(props: { label: string; options: [T, string][]; value: T; onChange: (value: T) => void }) {
	return (
		<Field label={props.label}>
			{(ids) => (
				<select {...ids} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as T)}>
					{props.options.map(([value, label]) => (
						<option key={value} value={value}>
							{label}
						</option>
					))}
				</select>
			)}
		</Field>
	);
}
