// What a page shows on AWS, if it has something that only the emulator has.

import type { ComponentChildren } from 'preact';
import { about, isEmulated } from '../app/server.ts';
import { Empty, Loading, PageHeader, Value } from './basic.tsx';
import type { IconName } from './icon.tsx';

/** The page, or on AWS what it would need. */
export function EmulatorOnly(props: { title: string; icon: IconName; because: string; children: ComponentChildren }) {
	if (isEmulated.value) return <>{props.children}</>;
	if (!about.value) {
		return (
			<div class="page">
				<PageHeader title={props.title} />
				<Loading />
			</div>
		);
	}
	return (
		<div class="page">
			<PageHeader title={props.title} />
			<Empty icon={props.icon} title="Only the emulator has this page" actions={<Value text="cognito-mcp console" label="Copy the command" />}>
				{props.because} To use it, start the console with the emulator:
			</Empty>
		</div>
	);
}
