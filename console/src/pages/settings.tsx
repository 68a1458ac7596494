import { PageHeader } from '../components/basic.tsx';

export function SettingsPage() {
	return (
		<div class="page">
			<PageHeader title="Settings" />
		</div>
	);
}
