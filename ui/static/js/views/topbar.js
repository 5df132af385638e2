// The bar at the head: the mark, search, all commands, settings.
import { html } from '../html.js';
import { icon, mark } from '../icons.js';
import { address, follow, go } from '../router.js';
import { dialog } from '../state/notices.js';
import { info } from '../store.js';
import { t } from '../strings.js';
import { Unreal } from './clock.js';
import { ComposeButton } from './compose.js';
import { Key } from './keys.js';
import { Copyable, IconButton } from './parts.js';
import { Search } from './search.js';
import { reachable } from './snippets.js';

export function TopBar() {
  const { smtp } = info.value ?? {};
  return html`
    <header class="topbar">
      <a class="brand" href=${address({})} onClick=${follow(() => go({}))}>${mark()}<span>${t.name}</span></a>
      <${Search} />
      <${Unreal} />
      <button type="button" class="quiet-button palette-button" title=${t.palette.hint} onClick=${() => { dialog.value = { kind: 'palette' }; }}>
        ${icon('command')}<span class="unseen">${t.commands.palette}</span><${Key} keys="Mod+k" />
      </button>
      ${smtp && html`<${Copyable} label="SMTP" text=${reachable(smtp)} />`}
      <${ComposeButton} />
      <${IconButton} name="settings" label="${t.commands.settings} (,)" popovertarget="settings" />
    </header>`;
}
