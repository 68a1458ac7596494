import { PageHeader } from '../components/basic.tsx';

export function UserPage({ id }: { id: string }) {
	return (
		<div class="page">
			<PageHeader title={id} />
		</div>
	);
}
