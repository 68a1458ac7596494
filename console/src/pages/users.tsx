import { PageHeader } from '../components/basic.tsx';

export function UsersPage() {
	return (
		<div class="page">
			<PageHeader title="Users" />
		</div>
	);
}
