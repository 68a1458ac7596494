// Short reports of what was done, at the edge of the page.

import { signal } from '@preact/signals';
import { Button } from './basic.tsx';
import { Icon } from './icon.tsx';

interface Toast {
	id: number;
	text: string;
	tone: 'good' | 'bad';
	action?: { label: string; run: () => void } | undefined;
}

const SHOWN_MS = 6_000;
const toasts = signal<Toast[]>([]);
let count = 0;

export function toast(text: string, tone: 'good' | 'bad' = 'good', action?: Toast['action']): void {
	const id = ++count;
	toasts.value = [...toasts.value, { id, text, tone, action }].slice(-4);
	setTimeout(() => close(id), SHOWN_MS);
}

function close(id: number): void {
	toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
	return (
		<div class="toasts" role="status" aria-live="polite">
			{toasts.value.map((one) => (
				<div key={one.id} class={`toast ${one.tone}`}>
					<Icon name={one.tone === 'good' ? 'check' : 'warning'} />
					<span>{one.text}</span>
					{one.action && (
						<Button
							tone="quiet"
							small
							onClick={() => {
								one.action?.run();
								close(one.id);
							}}
						>
							{one.action.label}
						</Button>
					)}
					<Button tone="quiet" icon="close" small label="Close" onClick={() => close(one.id)} />
				</div>
			))}
		</div>
	);
}
