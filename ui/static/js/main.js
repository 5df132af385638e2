// Where the page begins.
import { render } from 'preact';
import { html } from './html.js';
import { listen } from './keys.js';
import { start } from './store.js';
import { App } from './views/app.js';

render(html`<${App} />`, document.getElementById('app'));
listen();
start();
