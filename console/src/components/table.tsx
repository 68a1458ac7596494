// A table that draws only the rows in view, so that 100,000 rows scroll as smoothly as ten.
//
// Keys: up, down, Home, End, Page Up and Page Down move between rows, Enter opens one, and Space
// selects it.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatNumber } from './basic.tsx';
import { Icon } from './icon.tsx';

export interface Column<T> {
	id: string;
	label: string;
	cell: (row: T) => ComponentChildren;
	/** The value that is sorted by. Absent: the column is not sortable. */
	sort?: (row: T) => string | number | boolean | undefined;
	/** A CSS width, such as `8rem`. Absent: a share of the rest. */
	width?: string;
	/** The cell is a button. */
	action?: boolean;
	/** The label is only read by screen readers. */
	hideLabel?: boolean;
	/** Left out where the page is narrower than a tablet. */
	wide?: boolean;
}

export interface TableProps<T> {
	label: string;
	columns: Column<T>[];
	rows: T[];
	keyOf: (row: T) => string;
	/** The address that a row opens. Absent: `onOpen`, or nothing. */
	href?: (row: T) => string;
	onOpen?: (row: T) => void;
	/** The key of the row that is shown beside the table. */
	current?: string | undefined;
	selected?: ReadonlySet<string>;
	onSelect?: (selected: Set<string>) => void;
	loading?: boolean;
	/** Called when the last rows come into view and there may be more. */
	onMore?: (() => void) | undefined;
	empty: ComponentChildren;
	/** The table takes the height that is left, instead of that of its rows. */
	fill?: boolean;
}

/** The height of a row in pixels; `.data-table` in the styles has the same. */
const ROW = 40;
/** Rows that are drawn above and below those in view. */
const MORE = 12;

export function DataTable<T>(props: TableProps<T>) {
	const { rows, columns, keyOf, selected, onSelect } = props;
	const frame = useRef<HTMLDivElement>(null);
	const [view, setView] = useState({ top: 0, height: 800 });
	const [sort, setSort] = useState<{ id: string; down: boolean }>();
	const [active, setActive] = useState(0);
	const focusing = useRef(false);

	const sorted = useMemo(() => sortedRows(rows, columns, sort), [rows, sort]);
	const first = Math.max(0, Math.floor(view.top / ROW) - MORE);
	const last = Math.min(sorted.length, Math.ceil((view.top + view.height) / ROW) + MORE);
	const shown = sorted.slice(first, last);

	useLayoutEffect(() => {
		const element = frame.current;
		if (!element) return;
		const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
		measure();
		const observer = new ResizeObserver(measure);
		observer.observe(element);
		return () => observer.disconnect();
	}, []);

	const near = last >= sorted.length - MORE;
	useEffect(() => {
		if (near && !props.loading) props.onMore?.();
	}, [near, sorted.length, props.loading, props.onMore]);

	useLayoutEffect(() => {
		if (!focusing.current) return;
		focusing.current = false;
		frame.current?.querySelector<HTMLElement>(`[data-row="${active}"]`)?.focus();
	});

	const moveTo = (index: number) => {
		const element = frame.current;
		const target = Math.max(0, Math.min(sorted.length - 1, index));
		if (!element) return;
		const top = target * ROW;
		const header = ROW;
		if (top < element.scrollTop) element.scrollTop = top;
		else if (top + ROW + header > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW + header - element.clientHeight;
		focusing.current = true;
		setView({ top: element.scrollTop, height: element.clientHeight });
		setActive(target);
	};
	const toggle = (key: string) => {
		if (!selected || !onSelect) return;
		const next = new Set(selected);
		if (!next.delete(key)) next.add(key);
		onSelect(next);
	};
	const press = (event: KeyboardEvent) => {
		const target = event.target as HTMLElement;
		const at = Number(target.closest('[data-index]')?.getAttribute('data-index') ?? active);
		const page = Math.max(1, Math.floor(view.height / ROW) - 2);
		const moves: Record<string, number> = {
			ArrowDown: at + 1,
			ArrowUp: at - 1,
			PageDown: at + page,
			PageUp: at - page,
			Home: 0,
			End: sorted.length - 1,
		};
		const to = moves[event.key];
		if (to !== undefined) {
			event.preventDefault();
			moveTo(to);
			return;
		}
		const row = sorted[at];
		if (!row) return;
		if (event.key === ' ' && target.tagName !== 'INPUT' && onSelect) {
			event.preventDefault();
			toggle(keyOf(row));
		} else if (event.key === 'Enter' && target.tagName !== 'INPUT' && target.tagName !== 'A') {
			event.preventDefault();
			props.onOpen?.(row);
		}
	};

	if (sorted.length === 0 && !props.loading) return <>{props.empty}</>;
	const all = selected && sorted.length > 0 && selected.size >= sorted.length;
	return (
		<div
			class={`data-table${props.fill ? ' fill' : ''}`}
			ref={frame}
			role="region"
			aria-label={props.label}
			tabIndex={0}
			aria-busy={props.loading ? 'true' : undefined}
			onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
			onKeyDown={press}
		>
			<table aria-rowcount={sorted.length + 1} aria-label={props.label}>
				<colgroup>
					{onSelect && <col style={{ width: '2.75rem' }} />}
					{columns.map((column) => (
						<col key={column.id} class={column.wide ? 'wide' : ''} style={column.width ? { width: column.width } : {}} />
					))}
				</colgroup>
				<thead>
					<tr aria-rowindex={1}>
						{onSelect && selected && (
							<th class="pick">
								<input
									type="checkbox"
									aria-label={all ? 'Select none' : `Select all ${formatNumber(sorted.length)} rows`}
									checked={!!all}
									ref={(input) => {
										if (input) input.indeterminate = !all && selected.size > 0;
									}}
									onChange={() => onSelect(all ? new Set() : new Set(sorted.map(keyOf)))}
								/>
							</th>
						)}
						{columns.map((column) => {
							const on = sort?.id === column.id;
							return (
								<th key={column.id} scope="col" class={column.wide ? 'wide' : ''} aria-sort={on ? (sort.down ? 'descending' : 'ascending') : undefined}>
									{column.sort ? (
										<button type="button" onClick={() => setSort(nextSort(sort, column.id))}>
											{column.label}
											<span class={`sort${on ? ' on' : ''}${on && !sort.down ? ' up' : ''}`}>
												<Icon name="chevron" />
											</span>
										</button>
									) : (
										<span class={column.hideLabel ? 'sr' : ''}>{column.label}</span>
									)}
								</th>
							);
						})}
					</tr>
				</thead>
				<tbody>
					{first > 0 && <Space rows={first} />}
					{shown.map((row, offset) => {
						const index = first + offset;
						const key = keyOf(row);
						const isSelected = selected?.has(key);
						return (
							<tr
								key={key}
								aria-rowindex={index + 2}
								data-index={index}
								class={`${isSelected ? 'selected' : ''}${props.current === key ? ' current' : ''}`}
								onClick={(event) => {
									setActive(index);
									if ((event.target as HTMLElement).closest('a, button, input')) return;
									if (props.onOpen) props.onOpen(row);
									else if (props.href) location.hash = props.href(row);
								}}
							>
								{onSelect && (
									<td class="pick">
										<input type="checkbox" tabIndex={index === active ? 0 : -1} aria-label={`Select ${key}`} checked={!!isSelected} onChange={() => toggle(key)} />
									</td>
								)}
								{columns.map((column, at) => (
									<td key={column.id} class={`${column.wide ? 'wide' : ''}${column.action ? ' action' : ''}`}>
										{at === 0 ? (
											<First row={row} index={index} active={index === active} props={props}>
												{column.cell(row)}
											</First>
										) : (
											column.cell(row)
										)}
									</td>
								))}
							</tr>
						);
					})}
					{last < sorted.length && <Space rows={sorted.length - last} />}
				</tbody>
			</table>
			{props.loading && (
				<div class="table-loading" role="status">
					<span class="spinner" aria-hidden="true" /> Loading
				</div>
			)}
		</div>
	);
}

/** The first cell: a link or a button if the row opens something. */
function First<T>({ row, index, active, props, children }: { row: T; index: number; active: boolean; props: TableProps<T>; children: ComponentChildren }) {
	const tabIndex = active ? 0 : -1;
	if (props.href) {
		return (
			<a href={props.href(row)} data-row={index} tabIndex={tabIndex}>
				{children}
			</a>
		);
	}
	if (props.onOpen) {
		return (
			<button type="button" class="row-button" data-row={index} tabIndex={tabIndex} onClick={() => props.onOpen?.(row)} aria-current={props.current === props.keyOf(row) ? 'true' : undefined}>
				{children}
			</button>
		);
	}
	return (
		<span data-row={index} tabIndex={tabIndex}>
			{children}
		</span>
	);
}

/** The place of rows that are not drawn. A cell over several columns would add those that are hidden. */
function Space({ rows }: { rows: number }) {
	return (
		<tr aria-hidden="true" class="space">
			<td style={{ height: `${rows * ROW}px` }} />
		</tr>
	);
}

function nextSort(sort: { id: string; down: boolean } | undefined, id: string): { id: string; down: boolean } | undefined {
	if (sort?.id !== id) return { id, down: false };
	return sort.down ? undefined : { id, down: true };
}

export function sortedRows<T>(rows: T[], columns: Pick<Column<T>, 'id' | 'sort'>[], sort: { id: string; down: boolean } | undefined): T[] {
	const by = columns.find((column) => column.id === sort?.id)?.sort;
	if (!sort || !by) return rows;
	const keyed = rows.map((row) => {
		const value = by(row);
		return { row, key: typeof value === 'string' ? value.toLowerCase() : (value ?? '') };
	});
	const sign = sort.down ? -1 : 1;
	keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0));
	return keyed.map(({ row }) => row);
}
