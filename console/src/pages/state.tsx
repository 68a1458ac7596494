// The whole state: save points, the pool as a file, pool files to load, and a new start.

import { signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import { download, fileName } from '../app/download.ts';
import { about, callTool, isAllowed, isEmulated, load, poolId, pools } from '../app/server.ts';
import type { ToolError } from '../mcp/answer.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, Card, CodeBlock, Empty, Facts, formatNumber, Loading, PageHeader, plural, Prose, Time } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs, useAction } from '../components/call.tsx';
import { useEmulator, type EmulatorState } from '../components/faults.tsx';
import { Field } from '../components/form.tsx';
import { toast } from '../components/toast.tsx';
import { linesAround, mergedPages, mistakeOf, notExported, offsetOf, type Mistake } from './pool_files.ts';

export function StatePage() {
	const emulated = isEmulated.value;
	return (
		<div class="page">
			<PageHeader
				title="State"
				about={emulated ? 'Keep a state to return to, and move user pools between files, this emulator and AWS.' : 'The user pool as a file, which the emulator loads.'}
			/>
			{!about.value && <Loading lines={6} />}
			{about.value && (
				<div class="columns two">
					<div class="stack">
						{emulated && <SavePoints />}
						<Export />
					</div>
					<div class="stack">
						{emulated && <LoadFile />}
						<FromAws />
						{emulated && <Reset />}
					</div>
				</div>
			)}
		</div>
	);
}

/** A name for a save point that is not used yet. */
function freeName(states: EmulatorState['saved_states']): string {
	const used = new Set(states.map((state) => state.name));
	for (let number = states.length + 1; ; number++) {
		if (!used.has(`state-${number}`)) return `state-${number}`;
	}
}

function SavePoints() {
	const { answer, error, loading, reload } = useEmulator();
	const [name, setName] = useState('');
	const { busy, error: failure, run } = useAction();
	const states = answer?.saved_states ?? [];
	const suggestion = freeName(states);
	const chosen = name.trim() || suggestion;
	const replaces = states.some((state) => state.name === chosen);
	const save = async (event: Event) => {
		event.preventDefault();
		const outcome = await run('save_state', { name: chosen });
		if (!outcome.ok) return;
		toast(`The state was saved as ${chosen}.`);
		setName('');
	};
	return (
		<Card title="Save points" about="Users, pools, messages, settings and the clock, kept while the emulator runs.">
			{(failure ?? error) && <ErrorPanel error={(failure ?? error) as ToolError} onAgain={failure ? undefined : reload} />}
			<form class="save-form" onSubmit={save} autocomplete="off">
				<Field label="Name" about={replaces ? `This replaces the state that was saved as ${chosen}.` : undefined} problem={failure?.problems[0]?.message}>
					{(ids) => <input {...ids} type="text" placeholder={suggestion} spellcheck={false} value={name} onInput={(event) => setName(event.currentTarget.value)} />}
				</Field>
				<Button submit tone="primary" icon="state" busy={busy}>
					Save now
				</Button>
			</form>
			{loading && !answer && <Loading lines={2} />}
			{answer && states.length === 0 && <Empty title="Nothing is saved yet">Save a state before a test, and restore it after.</Empty>}
			{states.length > 0 && (
				<ul class="save-points" aria-label="Save points">
					{states.map((state) => (
						<li key={state.name}>
							<div>
								<p>
									<strong>{state.name}</strong>
								</p>
								<p class="about">
									{plural(state.pools, 'pool')}, {plural(state.users, 'user')} · <Time at={state.saved_at} />
								</p>
							</div>
							<div class="actions">
								<CallButton tool="restore_state" arguments={{ name: state.name }} small icon="refresh" done={`The state ${state.name} was restored.`} onDone={() => void load()}>
									Restore<span class="sr"> {state.name}</span>
								</CallButton>
								<CallButton tool="delete_state" arguments={{ name: state.name }} small tone="danger" done={`The save point ${state.name} was deleted.`} onDone={reload}>
									Delete<span class="sr"> {state.name}</span>
								</CallButton>
							</div>
						</li>
					))}
				</ul>
			)}
			<SameAs tool="save_state" arguments={{ name: chosen }} />
		</Card>
	);
}

/** Users in a page of an export. */
const PAGE = 60;

interface Exported {
	file: string;
	name: string;
	users: number;
}

function Export() {
	const pool = poolId.value;
	const [users, setUsers] = useState(true);
	const [progress, setProgress] = useState<number>();
	const [error, setError] = useState<ToolError>();
	const [exported, setExported] = useState<Exported>();
	if (!pool) return null;
	const args: JsonObject = { user_pool_id: pool, ...(users ? { users: true, limit: PAGE } : {}) };
	const poolName = pools.value?.find((one) => one.user_pool_id === pool)?.name ?? pool;
	const run = async () => {
		setError(undefined);
		setExported(undefined);
		setProgress(0);
		const files: string[] = [];
		let next: JsonObject | undefined = args;
		while (next) {
			const outcome = await callTool('export_pool', next);
			const { error } = outcome as { error?: ToolError };
			if (!outcome.ok) {
				// A page of large users is too long for one answer: the server suggests a shorter one.
				const retry = error?.retry;
				if (retry?.tool === 'export_pool' && JSON.stringify(retry.arguments) !== JSON.stringify(next)) {
					next = retry.arguments;
					continue;
				}
				setError(error);
				setProgress(undefined);
				return;
			}
			files.push(String(outcome.answer.pool_file));
			setProgress(files.length * PAGE);
			const suggested = outcome.answer.next as { arguments: JsonObject } | undefined;
			next = outcome.answer.has_more === true ? suggested?.arguments : undefined;
		}
		setProgress(undefined);
		const file = mergedPages(files);
		const done = { file, name: `${fileName(poolName)}.yaml`, users: (file.match(/^ {6}- Username:/gm) ?? []).length };
		setExported(done);
		save(done);
	};
	return (
		<Card title="Export" about={`The pool ${poolName} as a pool file: settings, groups, app clients, sign-in pages, and users if you want. Passwords are never in it.`}>
			{error && <ErrorPanel error={error} onAgain={() => void run()} />}
			<label class="option">
				<input type="checkbox" checked={users} onChange={(event) => setUsers(event.currentTarget.checked)} />
				With users
			</label>
			<div class="actions">
				<Button tone="primary" icon="state" busy={progress !== undefined} onClick={() => void run()}>
					{progress === undefined ? 'Export the pool' : progress === 0 ? 'Exporting' : `About ${formatNumber(progress)} users`}
				</Button>
				{exported && (
					<Button icon="external" onClick={() => save(exported)}>
						Download again
					</Button>
				)}
			</div>
			{exported && <ExportedFile exported={exported} />}
			<SameAs tool="export_pool" arguments={args} />
		</Card>
	);
}

function save({ file, name }: Exported): void {
	download(file, name, 'application/yaml');
}

function ExportedFile({ exported }: { exported: Exported }) {
	const missing = notExported(exported.file);
	return (
		<div class="exported" role="status">
			<p>
				<Badge tone="good">Done</Badge> <code>{exported.name}</code>, {plural(exported.users, 'user')}
			</p>
			{missing.length > 0 && (
				<>
					<p>The file lacks:</p>
					<ul class="bullets">
						{missing.map((one) => (
							<li key={one}>{one}</li>
						))}
					</ul>
				</>
			)}
			<CodeBlock text={exported.file.length > SHOWN ? `${exported.file.slice(0, SHOWN)}\n…` : exported.file} label="pool file" />
		</div>
	);
}

/** Characters of a pool file that are shown. */
const SHOWN = 20_000;

interface LoadedFile {
	pools: { user_pool_id: string; name: string; client_ids: string[]; users: number }[];
	warnings: string[];
}

const EXAMPLE = `UserPools:
  - PoolName: staff
    UserPoolClients:
      - ClientName: web
    Users:
      - Username: ana
        Password: Correct-Horse-7
        UserAttributes: {email: ana@example.com, email_verified: true}
`;

/** The last file that was loaded. The page is built again when the open pool changes, as after the first file. */
const lastLoaded = signal<LoadedFile | undefined>(undefined);

function LoadFile() {
	const [text, setText] = useState('');
	const loaded = lastLoaded.value;
	const setLoaded = (file: LoadedFile | undefined) => {
		lastLoaded.value = file;
	};
	const { busy, error, run, clear } = useAction();
	const area = useRef<HTMLTextAreaElement>(null);
	const picker = useRef<HTMLInputElement>(null);
	const change = (value: string) => {
		setText(value);
		setLoaded(undefined);
		clear();
	};
	const open = async (file: File | undefined | null) => file && change(await file.text());
	const submit = async (event: Event) => {
		event.preventDefault();
		setLoaded(undefined);
		const outcome = await run('load_pool_file', { content: text });
		if (!outcome.ok) return;
		setLoaded(outcome.answer as unknown as LoadedFile);
		toast('The pool file was loaded.');
		void load();
	};
	const mistake = error && mistakeOf(error.message);
	const show = (at: Mistake) => {
		const offset = offsetOf(text, at.line, at.column);
		area.current?.focus();
		area.current?.setSelectionRange(offset, offset);
	};
	return (
		<Card title="Load a pool file" about="Adds the pools of a file, with their users, to those that exist. Export writes such files.">
			<form class="load-form" onSubmit={submit}>
				<Field label="Pool file" about="YAML or JSON. A file can also be dropped here.">
					{(ids) => (
						<textarea
							{...ids}
							ref={area}
							class="mono"
							rows={8}
							spellcheck={false}
							placeholder={EXAMPLE}
							value={text}
							onInput={(event) => change(event.currentTarget.value)}
							onDragOver={(event) => event.preventDefault()}
							onDrop={(event) => {
								event.preventDefault();
								void open(event.dataTransfer?.files[0]);
							}}
						/>
					)}
				</Field>
				{mistake ? <FileMistake mistake={mistake} text={text} onShow={() => show(mistake)} /> : error && <ErrorPanel error={error} />}
				<div class="actions">
					<Button submit tone="primary" icon={isAllowed('load_pool_file') ? 'play' : 'lock'} busy={busy} disabled={text.trim() === ''}>
						Load
					</Button>
					<Button icon="page" onClick={() => picker.current?.click()}>
						Choose a file
					</Button>
					{text === '' && (
						<Button tone="quiet" onClick={() => change(EXAMPLE)}>
							Begin with an example
						</Button>
					)}
				</div>
				<input ref={picker} hidden type="file" accept=".yaml,.yml,.json" aria-label="Pool file to read" onChange={(event) => void open(event.currentTarget.files?.[0])} />
			</form>
			{loaded?.pools.some((pool) => pools.value?.some((one) => one.user_pool_id === pool.user_pool_id)) && <LoadedPools loaded={loaded} />}
		</Card>
	);
}

/** The place of a mistake, in the lines around it. */
function FileMistake({ mistake, text, onShow }: { mistake: Mistake; text: string; onShow: () => void }) {
	// The sentence, and what would be accepted.
	const [, what = mistake.message, more] = /^([\s\S]*?\.) ([A-Z][\s\S]*)$/.exec(mistake.message) ?? [];
	return (
		<div class="file-mistake" role="alert">
			<p>
				<strong>
					Line {mistake.line}, column {mistake.column}
				</strong>
				: <Prose text={what} />
			</p>
			<pre>
				{linesAround(text, mistake.line).map((line) => (
					<code key={line.number} class={line.number === mistake.line ? 'here' : ''}>
						<span class="line-number" aria-hidden="true">
							{line.number}
						</span>
						{line.text}
						{'\n'}
					</code>
				))}
			</pre>
			{more && <p class="mistake-more">{more}</p>}
			<Button small onClick={onShow}>
				Go to line {mistake.line}
			</Button>
		</div>
	);
}

function LoadedPools({ loaded }: { loaded: LoadedFile }) {
	return (
		<div class="exported" role="status">
			{loaded.pools.map((pool) => (
				<p key={pool.user_pool_id}>
					<Badge tone="good">Loaded</Badge> <a href={`#/users?pool=${encodeURIComponent(pool.user_pool_id)}`}>{pool.name}</a>, {plural(pool.users, 'user')}
					{pool.client_ids.length > 0 && `, ${plural(pool.client_ids.length, 'app client')}`}
				</p>
			))}
			{loaded.warnings.length > 0 && (
				<>
					<p>The emulator left out:</p>
					<ul class="bullets">
						{loaded.warnings.map((one) => (
							<li key={one}>{one}</li>
						))}
					</ul>
				</>
			)}
		</div>
	);
}

/** How a pool of AWS gets into the emulator. */
function FromAws() {
	const command = isEmulated.value ? 'cognito-mcp console --backend aws' : 'cognito-mcp console';
	return (
		<Card title={isEmulated.value ? 'Copy from AWS' : 'Copy to the emulator'}>
			<ol class="numbered">
				{isEmulated.value ? (
					<>
						<li>Start a console on AWS, which only reads:</li>
						<li>Choose the pool there, and export it on its page of state.</li>
						<li>Load the file here.</li>
					</>
				) : (
					<>
						<li>Export the pool on this page.</li>
						<li>Start a console with the emulator:</li>
						<li>Load the file there, on its page of state.</li>
					</>
				)}
			</ol>
			<CodeBlock text={command} label="command" />
			<p class="about">
				In a terminal, <code>cognito-mcp pull</code> writes the same file.
			</p>
		</Card>
	);
}

function Reset() {
	const { answer } = useEmulator();
	return (
		<Card title="Start again" about="Returns the emulator to how it was started: its pools, users, messages, requests, faults and clock. Save points stay.">
			{answer && (
				<Facts
					rows={[
						['User pools', formatNumber(answer.pools)],
						['Users', formatNumber(answer.users)],
						['Messages', formatNumber(answer.messages)],
						['Requests', formatNumber(answer.calls)],
					]}
				/>
			)}
			<div class="actions">
				<CallButton tool="reset_emulator" arguments={{}} tone="danger" icon="trash" done="The emulator was reset." onDone={() => void load()}>
					Reset the emulator
				</CallButton>
			</div>
		</Card>
	);
}
