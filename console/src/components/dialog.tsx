// Dialogs: the browser's own modal dialog keeps the focus inside and closes on Escape.

import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Button } from './basic.tsx';

export function Dialog(props: {
	title: string;
	onClose: () => void;
	children: ComponentChildren;
	/** Buttons; the first one is at the right. */
	footer?: ComponentChildren;
	size?: 'small' | 'medium' | 'large';
	tone?: 'danger';
}) {
	const element = useRef<HTMLDialogElement>(null);
	const id = useId();
	useLayoutEffect(() => {
		const dialog = element.current;
		if (!dialog) return;
		dialog.showModal();
		(dialog.querySelector<HTMLElement>('[data-autofocus]') ?? dialog.querySelector<HTMLElement>('input, select, textarea'))?.focus();
		// The browser returns the focus to where it was.
		return () => dialog.close();
	}, []);
	return (
		<dialog
			ref={element}
			class={`dialog ${props.size ?? 'medium'} ${props.tone ?? ''}`}
			aria-labelledby={id}
			onCancel={(event) => {
				event.preventDefault();
				props.onClose();
			}}
			onMouseDown={(event) => {
				if (event.target === element.current) props.onClose();
			}}
		>
			<div class="dialog-inside">
				<header>
					<h2 id={id}>{props.title}</h2>
					<Button tone="quiet" icon="close" label="Close" onClick={props.onClose} />
				</header>
				<div class="dialog-body">{props.children}</div>
				{props.footer && <footer>{props.footer}</footer>}
			</div>
		</dialog>
	);
}
