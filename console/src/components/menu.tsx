// A menu of actions, opened by a button.

import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ButtonTone } from './basic.tsx';
import { Icon, type IconName } from './icon.tsx';

export interface MenuItem {
	label: string;
	icon?: IconName;
	tone?: ButtonTone;
	run: () => void;
}

export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ComponentChildren }) {
	const [open, setOpen] = useState(false);
	const frame = useRef<HTMLDivElement>(null);
	const id = useId();
	useLayoutEffect(() => {
		if (!open) return;
		frame.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
		const outside = (event: Event) => {
			if (!frame.current?.contains(event.target as Node)) setOpen(false);
		};
		document.addEventListener('pointerdown', outside);
		return () => document.removeEventListener('pointerdown', outside);
	}, [open]);
	const press = (event: KeyboardEvent) => {
		const all = [...(frame.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
		const at = all.indexOf(document.activeElement as HTMLElement);
		const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 };
		const to = moves[event.key];
		if (to !== undefined && open) {
			event.preventDefault();
			all[to % all.length]?.focus();
		} else if (event.key === 'Escape' && open) {
			event.preventDefault();
			event.stopPropagation();
			setOpen(false);
			frame.current?.querySelector<HTMLElement>('button')?.focus();
		} else if (event.key === 'Tab') {
			setOpen(false);
		}
	};
	return (
		<div class="menu" ref={frame} onKeyDown={press}>
			<button type="button" class="button plain" aria-haspopup="menu" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
				<span>{children ?? label}</span>
				<Icon name="chevron" />
			</button>
			<div id={id} role="menu" aria-label={label} hidden={!open}>
				{items.map((item) => (
					<button
						key={item.label}
						type="button"
						role="menuitem"
						tabIndex={-1}
						class={item.tone ?? ''}
						onClick={() => {
							setOpen(false);
							frame.current?.querySelector<HTMLElement>('button')?.focus();
							item.run();
						}}
					>
						{item.icon && <Icon name={item.icon} />}
						{item.label}
					</button>
				))}
			</div>
		</div>
	);
}
