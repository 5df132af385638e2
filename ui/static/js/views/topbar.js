// The bar at the head: search, where mail goes, help, theme.
import { html } from '../html.js';
import { icon, mark } from '../icons.js';
import { address, follow, go } from '../router.js';
import { theme } from '../settings.js';
import { dialog } from '../state/notices.js';
import { info } from '../store.js';
import { t } from '../strings.js';
import { Unreal } from './clock.js';
import { Copyable, IconButton } from './parts.js';
import { Search } from './search.js';
import { reachable } from './snippets.js';

const THEMES = ['system', 'light', 'dark'];

export function TopBar() {
  const now = theme.value;
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  const { smtp, pop3 } = info.value ?? {};
  return html`
    <header class="topbar">
      <a class="brand" href=${address({})} onClick=${follow(() => go({}))}>${mark()}<span>${t.name}</span></a>
      <${Search} />
      <${Unreal} />
      <div class="addresses">
        ${smtp && html`<${Copyable} label="SMTP" text=${reachable(smtp)} />`}
        ${pop3 && html`<${Copyable} label="POP3" text=${reachable(pop3)} />`}
      </div>
      <button type="button" class="quiet-button" onClick=${() => { dialog.value = { kind: 'setup' }; }}>
        ${icon('plug')}<span>${t.actions.setup}</span>
      </button>
      <${IconButton} name="keyboard" class="icon-button keyboard" label=${`${t.actions.keys} (?)`} onClick=${() => { dialog.value = { kind: 'keys' }; }} />
      <${IconButton} name=${now} label=${`${t.theme.title}: ${t.theme[now]}`} onClick=${() => { theme.value = next; }} />
    </header>`;
}
