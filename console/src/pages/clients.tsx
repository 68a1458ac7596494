import { PageHeader } from '../components/basic.tsx';

export function ClientsPage() {
	return (
		<div class="page">
			<PageHeader title="App clients" />
		</div>
	);
}

export function ClientPage({ id }: { id: string }) {
	return (
		<div class="page">
			<PageHeader title={id} />
		</div>
	);
}
