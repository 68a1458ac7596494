import { PageHeader } from '../components/basic.tsx';

export function HomePage() {
	return (
		<div class="page">
			<PageHeader title="Home" />
		</div>
	);
}
