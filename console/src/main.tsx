// The entry point of the console.

import { render } from 'preact';
import { App } from './app/layout.tsx';
import { startRouter } from './app/router.ts';
import { startTheme } from './app/theme.ts';

startTheme();
startRouter();
const root = document.getElementById('console');
if (root) render(<App />, root);
