// The address of a sign-in, as the server built it, and what Cognito refuses in it.

import { link } from '../app/router.ts';
import type { Suggested, ToolError } from '../mcp/answer.ts';
import { Empty, Prose } from './basic.tsx';
import { ErrorPanel, sentence } from './call.tsx';
import { SuggestedButton } from './suggested.tsx';

/** A part of a sign-in URL that Cognito refuses. */
interface UrlProblem {
	part: string;
	problem: string;
	shown: string;
	fix?: Suggested;
}

export interface BuiltUrl {
	url: string;
	client_id: string;
	redirect_uri: string;
	problems: UrlProblem[];
}

/** Why there is no sign-in URL: often the app client has no address to return to. */
export function UrlError({ error, client, onAgain }: { error: ToolError | undefined; client: string; onAgain: () => void }) {
	if (!error) return null;
	if (!error.problems.some((one) => one.pointer === '/redirect_uri')) return <ErrorPanel error={error} onAgain={onAgain} />;
	return (
		<Empty
			icon="app"
			title="The app client has no callback URL"
			actions={
				<a class="button" href={link(['clients', client])}>
					Settings of the app client
				</a>
			}
		>
			A sign-in returns to a callback URL of the app client. Add one to its settings, or choose another app client.
		</Empty>
	);
}

/** Parts of a URL that Cognito refuses, each with its fix. */
export function Problems({ problems }: { problems: UrlProblem[] }) {
	if (problems.length === 0) return null;
	return (
		<ul class="url-problems" aria-label="Problems of the address">
			{problems.map((one) => (
				<li key={`${one.part} ${one.problem}`}>
					<p>
						<code>{one.part}</code> <Prose text={sentence(one.problem)} />
					</p>
					<p class="about">
						<Prose text={sentence(one.shown)} />
					</p>
					{one.fix && <SuggestedButton call={one.fix} small />}
				</li>
			))}
		</ul>
	);
}
