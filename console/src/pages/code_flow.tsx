// The authorization-code flow, one step after the other, with each request and token.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { curlCommand, quoted } from '../app/aws_cli.ts';
import { useList } from '../app/pages_of_list.ts';
import { link } from '../app/router.ts';
import { isEmulated, poolId } from '../app/server.ts';
import { useTool } from '../app/tool.ts';
import type { JsonObject } from '../mcp/types.ts';
import { Badge, Button, CodeBlock, Facts, Loading, Tabs, Time, Value } from '../components/basic.tsx';
import { CallButton, ErrorPanel, SameAs, sentence } from '../components/call.tsx';
import { Field } from '../components/form.tsx';
import { Icon } from '../components/icon.tsx';
import { Problems, UrlError, type BuiltUrl } from '../components/sign_in_url.tsx';
import { callbackOf, newAttempt, PARAMETERS, tokensOf, type Attempt, type Callback, type Tokens } from './code_flow_reading.ts';
import { isPage, isRefused, resultOf, type Recorded } from './requests_reading.ts';

export function CodeFlow({ client, hasSecret, domain }: { client: string; hasSecret: boolean; domain: string }) {
	const [attempt, setAttempt] = useState<Attempt>();
	const [address, setAddress] = useState('');
	const [tokens, setTokens] = useState<Tokens>();
	const begin = () => {
		setAttempt(undefined);
		setAddress('');
		setTokens(undefined);
		void newAttempt().then(setAttempt);
	};
	useEffect(begin, []);
	const pool = poolId.value ?? '';
	const args: JsonObject | undefined = attempt && {
		user_pool_id: pool,
		client_id: client,
		state: attempt.state,
		nonce: attempt.nonce,
		...(attempt.challenge ? { code_challenge: attempt.challenge } : {}),
	};
	const built = useTool<BuiltUrl>('build_sign_in_url', args);
	const redirect = built.answer?.redirect_uri;
	const callback = attempt && redirect ? callbackOf(address, attempt, redirect) : undefined;
	return (
		<ol class="flow">
			<Step number={1} title="The application sends the browser to the domain" done={!!callback} actions={<Button small icon="refresh" onClick={begin}>Begin again</Button>}>
				<UrlError error={built.error} client={client} onAgain={built.reload} />
				{!built.answer && !built.error && <Loading lines={4} />}
				{built.answer && (
					<>
						<Problems problems={built.answer.problems} />
						<UrlParameters url={built.answer.url} />
						<div class="actions">
							<a class="button primary" href={built.answer.url} target="_blank" rel="noopener">
								<Icon name="external" />
								<span>Sign in in a new tab</span>
							</a>
						</div>
						<Value text={built.answer.url} label="Copy the address" />
						{args && <SameAs tool="build_sign_in_url" arguments={args} />}
					</>
				)}
			</Step>
			<Step number={2} title="The domain sends the browser back with a code" done={!!callback?.code && callback.sameState}>
				<Field
					label="The address that the browser was sent to"
					about={`It begins with ${redirect ?? 'the redirect URI'}. If nothing runs there, the browser shows an error, and its address bar still has it.`}
					problem={address.trim() && !callback ? 'This is not an address: copy all of it, from http on.' : undefined}
				>
					{(ids) => <input {...ids} type="text" autocomplete="off" spellcheck={false} placeholder={`${redirect ?? ''}?code=…&state=…`} value={address} onInput={(event) => setAddress(event.currentTarget.value)} />}
				</Field>
				{callback && <CallbackChecks callback={callback} redirect={redirect ?? ''} />}
				{isEmulated.value && <DomainRequests />}
			</Step>
			<Step number={3} title="The application exchanges the code for tokens" done={!!tokens}>
				{callback?.code && attempt && redirect ? (
					<Exchange key={callback.code} code={callback.code} attempt={attempt} redirect={redirect} client={client} hasSecret={hasSecret} domain={domain} onTokens={setTokens} />
				) : (
					<p class="about">This step needs the code of step 2.</p>
				)}
			</Step>
			<Step number={4} title="The application checks the tokens" done={false}>
				{tokens && attempt ? <TokenTabs tokens={tokens} client={client} nonce={attempt.nonce} onTokens={setTokens} /> : <p class="about">This step needs the tokens of step 3.</p>}
			</Step>
		</ol>
	);
}

function Step(props: { number: number; title: string; done: boolean; actions?: ComponentChildren; children: ComponentChildren }) {
	return (
		<li class="card step" aria-label={`Step ${props.number}: ${props.title}`}>
			<div class="card-header">
				<h2>
					<span class={`step-number${props.done ? ' done' : ''}`} aria-hidden="true">
						{props.done ? <Icon name="check" /> : props.number}
					</span>
					{props.title}
				</h2>
				{props.actions && <div class="actions">{props.actions}</div>}
			</div>
			{props.children}
		</li>
	);
}

/** The parameters of a request, with their meanings. */
function UrlParameters({ url }: { url: string }) {
	const parsed = new URL(url);
	return (
		<>
			<p>
				<code class="request-line">
					GET {parsed.origin}
					{parsed.pathname}
				</code>
			</p>
			<div class="table-frame">
				<table class="plain-table parameters">
					<caption class="sr">Parameters of the request</caption>
					<tbody>
						{[...parsed.searchParams].map(([name, value]) => (
							<tr key={name}>
								<th scope="row">
									<code>{name}</code>
								</th>
								<td>
									<code>{value}</code>
									{PARAMETERS[name] && <span class="about">{PARAMETERS[name]}</span>}
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</>
	);
}

function Check({ passed, children }: { passed: boolean | undefined; children: ComponentChildren }) {
	return (
		<li class={`token-check ${passed === undefined ? 'unknown' : passed ? 'good' : 'bad'}`}>
			<Icon name={passed === undefined ? 'info' : passed ? 'check' : 'close'} />
			<span class="sr">{passed === undefined ? 'Unknown: ' : passed ? 'Passed: ' : 'Failed: '}</span>
			<span>{children}</span>
		</li>
	);
}

function CallbackChecks({ callback, redirect }: { callback: Callback; redirect: string }) {
	return (
		<ul class="checks">
			<Check passed={callback.sameAddress}>{callback.sameAddress ? 'It is the address that was asked for.' : `The address is not ${redirect}.`}</Check>
			<Check passed={callback.sameState}>
				{callback.sameState ? 'state is the value of step 1.' : callback.state ? 'state is not the value of step 1: another attempt, or an attack. An application stops here.' : 'state is missing.'}
			</Check>
			{callback.error ? (
				<Check passed={false}>
					<code>{callback.error}</code>
					{callback.description && `: ${callback.description}`}
				</Check>
			) : (
				<Check passed={!!callback.code}>{callback.code ? 'It has a code, which can be used once.' : 'It has no code.'}</Check>
			)}
		</ul>
	);
}

/** The last requests of the domain, from the emulator's journal. */
function DomainRequests() {
	const list = useList<Recorded>('read_journal', { limit: 25 }, (answer) => answer.calls as unknown as Recorded[], (call) => call.request_id, { live: ['cognito://emulator/journal'] });
	const calls = list.items.filter((call) => isPage(call.operation)).slice(0, 6);
	if (calls.length === 0) return null;
	return (
		<div>
			<h3>Last requests of the domain</h3>
			<ul class="domain-requests">
				{calls.map((call) => (
					<li key={call.request_id}>
						<Badge tone={isRefused(call) ? 'bad' : 'good'}>{resultOf(call)}</Badge>
						<a href={link(['requests'], { request: call.request_id })}>
							{String(call.request?.method ?? '')} {String(call.request?.path ?? call.operation)}
						</a>
						<span class="about">
							<Time at={call.at} />
						</span>
					</li>
				))}
			</ul>
		</div>
	);
}

function Exchange(props: { code: string; attempt: Attempt; redirect: string; client: string; hasSecret: boolean; domain: string; onTokens: (tokens: Tokens) => void }) {
	const { code, attempt, redirect, client } = props;
	const [pasted, setPasted] = useState('');
	const verifier: JsonObject = attempt.verifier ? { code_verifier: attempt.verifier } : {};
	const args: JsonObject = { user_pool_id: poolId.value ?? '', client_id: client, code, redirect_uri: redirect, ...verifier };
	const form = { grant_type: 'authorization_code', client_id: client, code, redirect_uri: redirect, ...verifier };
	const command = curlCommand('POST', `${props.domain}/oauth2/token`, form, props.hasSecret ? [`--user ${quoted(`${client}:CLIENT_SECRET`)}`] : []);
	const read = tokensOf(pasted);
	return (
		<>
			<p>
				<code class="request-line">POST {props.domain}/oauth2/token</code>
			</p>
			<p class="about">The request has the code, the redirect URI{attempt.verifier ? ', the verifier of PKCE' : ''}{props.hasSecret ? ' and the secret of the app client' : ''}. Each try uses the code up.</p>
			<div class="actions">
				<CallButton tool="exchange_code" arguments={args} tone="primary" icon="key" done="The code was exchanged for tokens." onDone={(answer) => props.onTokens(answer as Tokens)}>
					Exchange the code
				</CallButton>
			</div>
			<SameAs tool="exchange_code" arguments={args} />
			<details class="by-hand">
				<summary>Send it in a terminal instead</summary>
				<p>Send the request, and paste the answer here.{props.hasSecret ? ' Put the secret of the app client in the place of CLIENT_SECRET.' : ''}</p>
				<CodeBlock text={command} label="request" wrap />
				<Field label="The answer of the token endpoint" problem={pasted.trim() && !read ? 'This is neither the JSON of the token endpoint nor a token.' : undefined}>
					{(ids) => (
						<textarea
							{...ids}
							class="mono"
							rows={3}
							spellcheck={false}
							value={pasted}
							onInput={(event) => {
								setPasted(event.currentTarget.value);
								const found = tokensOf(event.currentTarget.value);
								if (found) props.onTokens(found);
							}}
						/>
					)}
				</Field>
			</details>
		</>
	);
}

type Kind = 'id_token' | 'access_token' | 'refresh_token';
const KINDS: [Kind, string][] = [
	['id_token', 'ID token'],
	['access_token', 'Access token'],
	['refresh_token', 'Refresh token'],
];

function TokenTabs({ tokens, client, nonce, onTokens }: { tokens: Tokens; client: string; nonce: string; onTokens: (tokens: Tokens) => void }) {
	const present = KINDS.filter(([kind]) => tokens[kind]);
	const [open, setOpen] = useState<Kind>(present[0]?.[0] ?? 'access_token');
	const token = tokens[open];
	return (
		<Tabs label="Tokens" tabs={present.map(([id, label]) => ({ id, label }))} open={open} onOpen={setOpen}>
			{token && (open === 'refresh_token' ? <RefreshToken token={token} client={client} onTokens={(renewed) => (onTokens({ refresh_token: token, ...renewed }), setOpen('access_token'))} /> : <TokenCard key={token} token={token} use={open === 'id_token' ? 'id' : 'access'} client={client} nonce={open === 'id_token' ? nonce : undefined} />)}
		</Tabs>
	);
}

function RefreshToken({ token, client, onTokens }: { token: string; client: string; onTokens: (tokens: Tokens) => void }) {
	const args = { user_pool_id: poolId.value ?? '', client_id: client, refresh_token: token };
	return (
		<>
			<p class="about">It is encrypted for Cognito: an application only keeps it, and sends it to get new tokens.</p>
			<div class="actions">
				<CallButton tool="refresh_tokens" arguments={args} icon="refresh" done="The tokens are new." onDone={(answer) => onTokens(answer as Tokens)}>
					Get new tokens
				</CallButton>
			</div>
			<CodeBlock text={token} label="refresh token" wrap />
			<SameAs tool="refresh_tokens" arguments={args} />
		</>
	);
}

interface Decoded {
	header: JsonObject;
	claims: JsonObject;
	times: Record<string, string>;
}

interface Verified {
	valid: boolean;
	explanation: string;
	checks: { check: string; passed?: boolean; explanation: string }[];
}

/** A token, verified and decoded. */
export function TokenCard({ token, use, client, nonce }: { token: string; use?: 'id' | 'access'; client?: string; nonce?: string | undefined }) {
	const decoded = useTool<Decoded>('decode_token', { token });
	const args: JsonObject = { user_pool_id: poolId.value ?? '', token, ...(use ? { token_use: use } : {}), ...(client ? { client_id: client } : {}) };
	const verified = useTool<Verified>('verify_token', args);
	const error = verified.error ?? decoded.error;
	const claims = decoded.answer?.claims;
	return (
		<div class="token">
			{error && <ErrorPanel error={error} />}
			{verified.loading && !verified.answer && <Loading lines={3} />}
			{verified.answer && (
				<>
					<p>
						<Badge tone={verified.answer.valid ? 'good' : 'bad'}>{verified.answer.valid ? 'Valid' : 'Not valid'}</Badge> {sentence(verified.answer.explanation)}
					</p>
					<ul class="checks">
						{verified.answer.checks.map((one) => (
							<Check key={one.check} passed={one.passed}>
								<strong>{one.check.replaceAll('_', ' ')}</strong>: {one.explanation}
							</Check>
						))}
						{nonce && claims && (
							<Check passed={claims.nonce === nonce}>
								<strong>nonce</strong>: {claims.nonce === nonce ? 'It is the value of step 1' : 'It is not the value of step 1'}
							</Check>
						)}
					</ul>
				</>
			)}
			{decoded.answer && claims && (
				<>
					<h3>Claims</h3>
					<Facts
						rows={Object.entries(claims).map(([name, value]) => [
							name,
							<span key={name}>
								{typeof value === 'string' ? value : <code>{JSON.stringify(value)}</code>}
								{decoded.answer?.times[name] && (
									<span class="about">
										{' '}
										<Time at={decoded.answer.times[name]} />
									</span>
								)}
							</span>,
						])}
					/>
					<h3>Header</h3>
					<CodeBlock text={JSON.stringify(decoded.answer.header, null, 2)} label="header" />
					<h3>Token</h3>
					<CodeBlock text={token} label="token" wrap />
				</>
			)}
			<SameAs tool="verify_token" arguments={args} />
		</div>
	);
}
