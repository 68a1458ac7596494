// Every page of the console, in the order of the navigation.

import type { ComponentType } from 'preact';
import type { IconName } from './components/icon.tsx';
import { ClientPage, ClientsPage } from './pages/clients.tsx';
import { GroupsPage } from './pages/groups.tsx';
import { ClockPage } from './pages/clock.tsx';
import { HomePage } from './pages/home.tsx';
import { MailPage } from './pages/mail.tsx';
import { RequestsPage } from './pages/requests.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { SignInPages } from './pages/sign_in_pages.tsx';
import { StatePage } from './pages/state.tsx';
import { UserPage } from './pages/user.tsx';
import { UsersPage } from './pages/users.tsx';

export interface Page {
	/** The first part of the address: `users` is at `#/users`. Home is empty. */
	path: string;
	title: string;
	icon: IconName;
	/** The group in the navigation. */
	section: 'Pool' | 'Emulator' | '';
	view: ComponentType;
	/** The page of one item, at `#/PATH/ITEM`. */
	item?: ComponentType<{ id: string }>;
	/** Left out of the navigation if the server lists none of these tools. */
	needs?: string[];
	/** The second key of the shortcut `g KEY`. */
	key: string;
}

export const PAGES: Page[] = [
	{ path: '', title: 'Home', icon: 'home', section: '', view: HomePage, key: 'h' },
	{ path: 'users', title: 'Users', icon: 'users', section: 'Pool', view: UsersPage, item: UserPage, needs: ['list_users', 'search_users'], key: 'u' },
	{ path: 'groups', title: 'Groups', icon: 'groups', section: 'Pool', view: GroupsPage, needs: ['list_groups'], key: 'g' },
	{ path: 'clients', title: 'App clients', icon: 'app', section: 'Pool', view: ClientsPage, item: ClientPage, needs: ['list_clients'], key: 'c' },
	{ path: 'settings', title: 'Settings and audit', icon: 'shield', section: 'Pool', view: SettingsPage, needs: ['describe_pool'], key: 's' },
	{ path: 'sign-in', title: 'Sign-in pages', icon: 'page', section: 'Pool', view: SignInPages, needs: ['build_sign_in_url'], key: 'p' },
	{ path: 'state', title: 'State', icon: 'state', section: 'Pool', view: StatePage, needs: ['save_state', 'export_pool'], key: 'a' },
	{ path: 'mail', title: 'Mail and SMS', icon: 'mail', section: 'Emulator', view: MailPage, needs: ['read_outbox'], key: 'm' },
	{ path: 'requests', title: 'Requests', icon: 'requests', section: 'Emulator', view: RequestsPage, needs: ['read_journal'], key: 'r' },
	{ path: 'clock', title: 'Clock and faults', icon: 'clock', section: 'Emulator', view: ClockPage, needs: ['get_clock'], key: 't' },
];
