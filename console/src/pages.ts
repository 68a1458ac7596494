// Every page of the console, in the order of the navigation.

import type { ComponentType } from 'preact';
import type { IconName } from './components/icon.tsx';
import { ClientPage, ClientsPage } from './pages/clients.tsx';
import { GroupsPage } from './pages/groups.tsx';
import { HomePage } from './pages/home.tsx';
import { SettingsPage } from './pages/settings.tsx';
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
];
