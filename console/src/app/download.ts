// Files that the browser saves.

/** Saves `content` under `name`. */
export function download(content: string, name: string, type: string): void {
	const url = URL.createObjectURL(new Blob([content], { type }));
	const anchor = document.createElement('a');
	anchor.href = url;
	anchor.download = name;
	anchor.click();
	URL.revokeObjectURL(url);
}

/** A name without characters that file systems refuse. */
export function fileName(name: string): string {
	return name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'pool';
}
