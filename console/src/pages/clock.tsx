// The emulator's clock, what expires when it moves, the throttle, and faults.

import { useEffect, useState } from 'preact/hooks';
import { isAllowed } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import { Button, Card, Facts, Loading, PageHeader } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs, useAction } from '../components/call.tsx';
import { EmulatorOnly } from '../components/emulator_only.tsx';
import { FaultDialog, FaultList, useEmulator, type EmulatorState } from '../components/faults.tsx';
import { CallDialog, Field } from '../components/form.tsx';
import { useCommands } from '../components/palette.tsx';
import { toast } from '../components/toast.tsx';
import { expiringWords, localValue, shortSpan, spanWords, type Expiring } from './clock_reading.ts';

const STEPS = [60, 300, 3_600, 86_400, 7 * 86_400, 31 * 86_400];

const times = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const days = new Intl.DateTimeFormat(undefined, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' });
const both = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function ClockPage() {
	return (
		<EmulatorOnly title="Clock and faults" icon="clock" because="The time of Cognito on AWS cannot be moved, and its requests cannot be made to fail.">
			<ClockAndFaults />
		</EmulatorOnly>
	);
}

function ClockAndFaults() {
	const { answer: emulator, error, loading, reload } = useEmulator();
	const [adding, setAdding] = useState(false);
	useCommands([{ title: 'Add a fault', group: 'Faults', icon: 'warning', run: () => setAdding(true) }]);
	const add = (
		<Button small icon="plus" onClick={() => setAdding(true)}>
			Add a fault
		</Button>
	);
	return (
		<div class="page">
			<PageHeader title="Clock and faults" about="Make time pass, and make requests fail, as they would for your users." />
			{error && <ErrorPanel error={error} onAgain={reload} />}
			{!emulator && loading && <Loading lines={6} />}
			{emulator && (
				<div class="columns two">
					<div class="stack">
						<ClockCard emulator={emulator} />
						<TokenTimes emulator={emulator} />
					</div>
					<div class="stack">
						<Throttle rate={emulator.throttle} />
						<Card
							title="Faults"
							about="The requests that fail, and how many did."
							actions={
								<>
									{add}
									{emulator.faults.length > 1 && (
										<CallButton tool="inject_fault" arguments={{ clear: true }} small tone="danger" done="Every fault was removed.">
											Remove all
										</CallButton>
									)}
								</>
							}
						>
							<FaultList faults={emulator.faults} />
						</Card>
					</div>
				</div>
			)}
			{adding && <FaultDialog onClose={() => setAdding(false)} />}
		</div>
	);
}

/** The emulator's time, which goes on between two answers. */
function useNow(now: string | undefined): Date | undefined {
	const [offset, setOffset] = useState<number>();
	const [, tick] = useState(0);
	useEffect(() => {
		setOffset(now ? new Date(now).getTime() - Date.now() : undefined);
	}, [now]);
	useEffect(() => {
		const timer = setInterval(() => tick((count) => count + 1), 1_000);
		return () => clearInterval(timer);
	}, []);
	return offset === undefined ? undefined : new Date(Date.now() + offset);
}

function ClockCard({ emulator }: { emulator: EmulatorState }) {
	const now = useNow(emulator.now);
	const [ahead, setAhead] = useState<number>();
	const [until, setUntil] = useState('');
	const offset = now ? Math.round((now.getTime() - Date.now()) / 1_000) : 0;
	const chooseTime = (value: string) => {
		setUntil(value);
		const seconds = now && value ? Math.ceil((new Date(value).getTime() - now.getTime()) / 1_000) : 0;
		setAhead(value ? seconds : undefined);
	};
	// It follows what it belongs to, also for those who go on with the Tab key.
	const preview =
		ahead !== undefined && now && (ahead > 0 ? <Ahead seconds={ahead} now={now} onDone={() => (setAhead(undefined), setUntil(''))} /> : <p class="field-problem">This time has passed: the clock only moves forward.</p>);
	return (
		<Card title="Clock">
			<p class="clock-time">
				<time dateTime={now?.toISOString()}>{now ? times.format(now) : '…'}</time>
				<span>{now && days.format(now)}</span>
			</p>
			<p class="about">{offset > 1 ? `${spanWords(offset)} ahead of this computer.` : 'The time of this computer.'} Time only moves forward, for every pool and caller.</p>
			<div class="steps" role="group" aria-label="Move the clock by">
				{STEPS.map((step) => (
					<button
						key={step}
						type="button"
						class="button small"
						aria-pressed={ahead === step && !until}
						onClick={() => {
							setUntil('');
							setAhead(step);
						}}
					>
						+ {spanWords(step)}
					</button>
				))}
			</div>
			{!until && preview}
			<Field label="Or move it to">
				{(ids) => <input {...ids} type="datetime-local" value={until} min={now && localValue(now)} onInput={(event) => chooseTime(event.currentTarget.value)} />}
			</Field>
			{until && preview}
		</Card>
	);
}

/** What a move of the clock would do, and the button that does it. */
function Ahead({ seconds, now, onDone }: { seconds: number; now: Date; onDone: () => void }) {
	const span = shortSpan(seconds);
	const { answer, error, loading } = useTool<{ would_expire?: Expiring }>('get_clock', span);
	const expiring = answer?.would_expire && expiringWords(answer.would_expire);
	return (
		<div class="ahead">
			<p>
				The clock moves by <strong>{spanWords(seconds)}</strong>, to {both.format(new Date(now.getTime() + seconds * 1_000))}.
			</p>
			{error && <ErrorPanel error={error} />}
			{loading && !answer && <Loading lines={2} />}
			{expiring && (
				<div aria-live="polite">
					{expiring.length > 0 ? (
						<>
							<p>These expire, in all pools:</p>
							<ul class="bullets">
								{expiring.map((words) => (
									<li key={words}>{words}</li>
								))}
							</ul>
						</>
					) : (
						<p>No code, sign-in, refresh token, temporary password or lock expires.</p>
					)}
					<p class="about">Access and ID tokens are not counted, because Cognito does not keep them.</p>
				</div>
			)}
			<div class="actions">
				<CallButton tool="advance_clock" arguments={span} tone="primary" icon="clock" done={`The clock moved by ${spanWords(seconds)}.`} onDone={onDone}>
					Move the clock
				</CallButton>
				<Button onClick={onDone}>Cancel</Button>
			</div>
			<SameAs tool="advance_clock" arguments={span} />
		</div>
	);
}

function TokenTimes({ emulator }: { emulator: EmulatorState }) {
	const [changing, setChanging] = useState(false);
	return (
		<Card
			title="Times in new tokens"
			about="An application with its own clock refuses tokens of another time. New tokens can follow the real clock, or be old when they are issued."
			actions={
				<Button small icon={isAllowed('advance_clock') ? 'settings' : 'lock'} onClick={() => setChanging(true)}>
					Change
				</Button>
			}
		>
			<Facts
				rows={[
					['Clock of tokens', emulator.token_clock === 'real' ? 'The real clock' : "The emulator's clock"],
					['Age when issued', emulator.token_age > 0 ? spanWords(emulator.token_age) : 'New'],
				]}
			/>
			{changing && (
				<CallDialog
					tool="advance_clock"
					title="Times in new tokens"
					arguments={{}}
					fields={['token_clock', 'token_age']}
					initial={{ token_clock: emulator.token_clock, token_age: emulator.token_age }}
					labels={{ token_clock: 'Clock of tokens', token_age: 'Age when issued, in seconds' }}
					submit="Change"
					done="New tokens have the new times."
					onClose={() => setChanging(false)}
				/>
			)}
		</Card>
	);
}

const RATES: { rate: string; label: string; about: string }[] = [
	{ rate: 'off', label: 'Off', about: 'No request is refused for its rate.' },
	{ rate: 'aws', label: 'As on AWS', about: 'The default request rates of AWS, for each category of operations.' },
	{ rate: '10%', label: 'A tenth', about: 'A tenth of these rates: a small load test reaches them.' },
	{ rate: '1%', label: 'A hundredth', about: 'Refuses most requests that follow each other.' },
];

function Throttle({ rate }: { rate: string }) {
	const known = RATES.some((one) => one.rate === rate);
	const { busy, error, run } = useAction();
	const [chosen, setChosen] = useState<string>();
	useEffect(() => setChosen(undefined), [rate]);
	const shown = chosen ?? rate;
	const choose = async (next: string) => {
		setChosen(next);
		const outcome = await run('set_throttle', { rate: next });
		if (!outcome.ok) setChosen(undefined);
		else toast(next === 'off' ? 'The throttle is off.' : `The throttle is at ${next === 'aws' ? 'the rates of AWS' : next}.`);
	};
	return (
		<Card title="Throttle" about="Refuses requests above a rate with TooManyRequestsException, so that retries can be tried out.">
			{error && <ErrorPanel error={error} />}
			<fieldset class="radios" aria-busy={busy ? 'true' : undefined}>
				<legend class="sr">Rate of the throttle</legend>
				{[...RATES, ...(known ? [] : [{ rate, label: rate, about: 'Set by a tool or a control of the emulator.' }])].map((one) => (
					<label key={one.rate} class="radio">
						<input type="radio" name="throttle" value={one.rate} checked={shown === one.rate} onChange={() => void choose(one.rate)} />
						<span>
							<strong>{one.label}</strong>
							<span class="about">{one.about}</span>
						</span>
					</label>
				))}
			</fieldset>
			<SameAs tool="set_throttle" arguments={{ rate: shown }} />
		</Card>
	);
}
