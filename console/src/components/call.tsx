// Calls of tools from a page: buttons, errors with their correction, and the same call as an
// MCP message and as commands of the AWS CLI.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { commandOf, quoted, type SentRequest } from '../app/aws_cli.ts';
import { about, callTool, isAllowed, isDestructive, isRead, made, tools } from '../app/server.ts';
import { useMounted } from '../app/tool.ts';
import type { Outcome, Suggested, ToolError } from '../mcp/answer.ts';
import type { JsonObject, Schema } from '../mcp/types.ts';
import { Button, CodeBlock, Loading, Prose, type ButtonTone } from './basic.tsx';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { toast } from './toast.tsx';

/** The title of a tool, for people. */
export function titleOf(tool: string): string {
	const words = tool.replaceAll('_', ' ');
	return tools.value.get(tool)?.title ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Arguments without secrets, as they may be shown and copied. */
export function withoutSecrets(tool: string, args: JsonObject): JsonObject {
	const schema = tools.value.get(tool)?.inputSchema;
	return hidden(args, schema) as JsonObject;
}

function hidden(value: unknown, schema: Schema | undefined): unknown {
	if (schema?.writeOnly) return '***';
	if (Array.isArray(value)) return value.map((item) => hidden(item, schema?.items));
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hidden(one, schema?.properties?.[name])]));
	}
	return value;
}

/** The name under which results list the requests that a call sent. */
const REQUESTS = 'cognito-mcp/requests';

/** The requests that a result lists: the server keeps the first ones (`SHOWN_REQUESTS`). */
const LISTED = 25;

/** The requests of Cognito that the call sends: those that it sent, or for a write those that a dry run reports. */
async function requestsOf(tool: string, args: JsonObject, outcome?: Outcome): Promise<SentRequest[]> {
	const known = outcome?.meta?.[REQUESTS];
	if (Array.isArray(known)) return known as unknown as SentRequest[];
	if (!isAllowed(tool) || isRead(tool)) return [];
	const rehearsal = await callTool(tool, { ...args, dry_run: true }, { own: true });
	if (!rehearsal.ok || !Array.isArray(rehearsal.answer.would_call)) return [];
	return rehearsal.answer.would_call as unknown as SentRequest[];
}

/** The last outcome of the same read. A page has made the calls whose answers it shows. */
function lastRead(tool: string, key: string): Outcome | undefined {
	if (!isRead(tool)) return undefined;
	return made.value.find((call) => call.tool === tool && call.outcome?.meta && JSON.stringify(call.arguments) === key)?.outcome;
}

/** The call as an MCP message, and as commands of `cognito-mcp call` and the AWS CLI. */
export function SameAs(props: { tool: string; arguments: JsonObject; outcome?: Outcome | undefined; open?: boolean }) {
	const [open, setOpen] = useState(props.open ?? false);
	const id = useId();
	return (
		<div class="same-as">
			{!props.open && (
				<button type="button" class="disclosure" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
					<Icon name="code" />
					The same as a call
					<Icon name={open ? 'chevron' : 'right'} />
				</button>
			)}
			<div id={id} hidden={!open}>
				{open && <Same {...props} />}
			</div>
		</div>
	);
}

function Same({ tool, arguments: args, outcome }: { tool: string; arguments: JsonObject; outcome?: Outcome | undefined }) {
	const [requests, setRequests] = useState<SentRequest[]>();
	const shown = withoutSecrets(tool, args);
	const key = JSON.stringify(args);
	const known = outcome ?? lastRead(tool, key);
	useEffect(() => {
		let current = true;
		void requestsOf(tool, JSON.parse(key) as JsonObject, known).then((found) => current && setRequests(found));
		return () => {
			current = false;
		};
	}, [tool, key, known]);
	const call = JSON.stringify({ name: tool, arguments: shown }, null, 2);
	const where = { region: about.value?.region, endpoint: about.value?.endpoint };
	const options = {
		...(where.region ? { region: where.region } : {}),
		...(where.endpoint ? { endpoint: where.endpoint } : {}),
	};
	const commands = requests?.map((request) => commandOf(request, options)).filter((command) => command !== undefined);
	return (
		<div class="same">
			<p class="same-title">Tool call</p>
			<CodeBlock text={call} label="tool call" />
			{commands === undefined && <Loading lines={1} />}
			{commands && commands.length > 0 && (
				<>
					<p class="same-title">Command line</p>
					<CodeBlock text={commandLine(tool, shown)} label="command" wrap />
					<p class="same-title">AWS CLI</p>
					<CodeBlock text={commands.join('\n\n')} label="AWS CLI commands" />
					{isRead(tool) && <p class="about">{commands.length < LISTED ? 'The page sent these requests to Cognito for this call.' : `The first ${LISTED} requests that the page sent to Cognito for this call.`}</p>}
				</>
			)}
			{commands?.length === 0 && isRead(tool) && <p class="about">{known ? 'The call sent no request to Cognito: the server answered it itself.' : 'The commands of the AWS CLI are here once the call was made.'}</p>}
		</div>
	);
}

/** The command that makes the call from a shell, on the same backend. */
function commandLine(tool: string, args: JsonObject): string {
	const who = about.value;
	const flags = ['--backend aws'];
	if (who?.endpoint) flags.push(`--endpoint-url ${who.endpoint}`);
	if (who?.region) flags.push(`--region ${who.region}`);
	if (!isRead(tool)) flags.push(isDestructive(tool) ? '--allow-destructive' : '--allow-writes');
	return `cognito-mcp call ${tool} ${quoted(JSON.stringify(args))} ${flags.join(' ')}`;
}

/** An error of a tool: its sentence, the problems, the hint, and a button for the correction. */
export function ErrorPanel(props: {
	error: ToolError;
	/** Called with the outcome of the correction. */
	onRetried?: (outcome: Outcome, call: Suggested) => void;
	/** Repeats the call that failed. */
	onAgain?: (() => void) | undefined;
}) {
	const { error } = props;
	const [busy, setBusy] = useState(false);
	const [answer, setAnswer] = useState<Outcome>();
	const { retry } = error;
	const run = async () => {
		if (!retry) return;
		setBusy(true);
		const outcome = await callTool(retry.tool, retry.arguments);
		setBusy(false);
		setAnswer(outcome);
		if (outcome.ok && !isRead(retry.tool)) toast(`${titleOf(retry.tool)}: done`);
		props.onRetried?.(outcome, retry);
	};
	return (
		<div class="error-panel" role="alert">
			<Icon name="warning" />
			<div>
				<p class="error-message"><Prose text={sentence(error.message)} /></p>
				{error.problems.length > 0 && (
					<ul>
						{error.problems.map((problem) => (
							<li key={`${problem.pointer} ${problem.message}`}>
								{problem.pointer && <code>{problem.pointer.replace(/^\//, '').replaceAll('/', '.')}</code>} <Prose text={problem.message} />
							</li>
						))}
					</ul>
				)}
				{error.hint && <p><Prose text={sentence(error.hint)} /></p>}
				<p class="error-code">
					<code>{error.code}</code>
					{error.request_id && <span> · request {error.request_id}</span>}
				</p>
				{(retry || props.onAgain) && (
					<div class="actions">
						{retry && (
							<Button tone="primary" small busy={busy} onClick={run} icon={isAllowed(retry.tool) ? 'play' : 'lock'}>
								{correction(retry)}
							</Button>
						)}
						{props.onAgain && (
							<Button small icon="refresh" onClick={props.onAgain}>
								Try again
							</Button>
						)}
					</div>
				)}
				{retry && <SameAs tool={retry.tool} arguments={retry.arguments} />}
				{answer && !answer.ok && <ErrorPanel error={answer.error} onRetried={props.onRetried ?? (() => {})} />}
				{answer?.ok && <CodeBlock text={JSON.stringify(answer.answer, null, 2)} label="answer" />}
			</div>
		</div>
	);
}

/** A sentence of the server, with a full stop at its end. */
export function sentence(text: string): string {
	return /[.?!]`?$/.test(text) ? text : `${text}.`;
}

/** The answer that is shown in a dialog. */
const shownAnswer = signal<{ tool: string; answer: JsonObject } | undefined>(undefined);

/** Shows the answer of a call that a person made, where no page has a place for it. */
export function showAnswer(tool: string, answer: JsonObject): void {
	shownAnswer.value = { tool, answer };
}

export function ShownAnswer() {
	const shown = shownAnswer.value;
	if (!shown) return null;
	const close = () => {
		shownAnswer.value = undefined;
	};
	return (
		<Dialog title={titleOf(shown.tool)} size="large" onClose={close} footer={<Button onClick={close}>Close</Button>}>
			<CodeBlock text={JSON.stringify(shown.answer, null, 2)} label="answer" />
		</Dialog>
	);
}

/** Arguments whose values say what they are. */
const PLAIN = new Set(['username', 'group', 'client_id']);

/** A label such as `Reset password: ana, permanent true`. */
export function correction(call: Suggested): string {
	const named = Object.entries(call.arguments)
		.filter(([name, value]) => name !== 'user_pool_id' && ['string', 'number', 'boolean'].includes(typeof value))
		.map(([name, value]) => (PLAIN.has(name) ? String(value) : `${name.replaceAll('_', ' ')} ${String(value)}`));
	const rest = named.length > 0 ? `: ${named.join(', ')}` : '';
	const label = `${titleOf(call.tool)}${rest}`;
	return label.length > 70 ? `${label.slice(0, 69)}…` : label;
}

/** State of an action that a page runs. */
export function useAction() {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ToolError>();
	const run = async (tool: string, args: JsonObject): Promise<Outcome> => {
		setBusy(true);
		setError(undefined);
		const outcome = await callTool(tool, args);
		setBusy(false);
		// A person who declined needs no error.
		if (!outcome.ok && outcome.error.code !== 'ConfirmationDeclined') setError(outcome.error);
		return outcome;
	};
	return { busy, error, run, clear: () => setError(undefined) };
}

/**
 * A button that calls a tool. The server asks before it deletes or disables, and its question
 * opens as a dialog. An error opens as a dialog with its correction. A tool that this server
 * does not allow has a lock, and pressing it shows the server's reason.
 */
export function CallButton(props: {
	tool: string;
	arguments: JsonObject;
	children: ComponentChildren;
	tone?: ButtonTone;
	icon?: IconName;
	small?: boolean;
	disabled?: boolean;
	/** Reported when the call was executed. */
	done?: string;
	onDone?: (answer: JsonObject) => void;
}) {
	const { busy, error, run, clear } = useAction();
	const allowed = isAllowed(props.tool);
	const mounted = useMounted();
	const press = async () => {
		// A locked tool is only asked for the reason: a dry run changes nothing in any case.
		const args = allowed ? props.arguments : { ...props.arguments, dry_run: true };
		const outcome = await run(props.tool, args);
		if (!outcome.ok || !allowed) return;
		if (isRead(props.tool) && !props.onDone) {
			showAnswer(props.tool, outcome.answer);
			return;
		}
		toast(props.done ?? `${titleOf(props.tool)}: done`);
		// The person may have opened another page in the meantime.
		if (mounted.current) props.onDone?.(outcome.answer);
	};
	const icon = allowed ? props.icon : 'lock';
	return (
		<>
			<Button
				tone={props.tone ?? 'plain'}
				busy={busy}
				onClick={press}
				{...(icon ? { icon } : {})}
				{...(props.small ? { small: true } : {})}
				disabled={props.disabled}
			>
				{props.children}
			</Button>
			{error && (
				<ErrorDialog
					title={titleOf(props.tool)}
					error={error}
					call={{ tool: props.tool, arguments: props.arguments }}
					onClose={clear}
					onAgain={press}
				/>
			)}
		</>
	);
}

export function ErrorDialog(props: {
	title: string;
	error: ToolError;
	call?: Suggested;
	onClose: () => void;
	onAgain?: () => void;
}) {
	return (
		<Dialog title={props.title} onClose={props.onClose} footer={<Button onClick={props.onClose}>Close</Button>}>
			<ErrorPanel
				error={props.error}
				onAgain={props.error.retryable ? props.onAgain : undefined}
				onRetried={(outcome, call) => {
					if (outcome.ok && !isRead(call.tool)) props.onClose();
				}}
			/>
			{props.call && <SameAs tool={props.call.tool} arguments={props.call.arguments} />}
		</Dialog>
	);
}
