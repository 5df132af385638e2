// The frame: top bar, three panes, status strip.
import { route } from '../router.js';
import { boxesWidth, listWidth, room } from '../settings.js';
import { html } from '../html.js';
import { Dialogs, Toast } from './notices.js';
import { Attempts } from './attempts.js';
import { ClockPanel } from './clock.js';
import { Compare, Picking } from './compare.js';
import { Divider } from './divider.js';
import { List } from './list.js';
import { Mailboxes } from './mailboxes.js';
import { Message } from './message.js';
import { Queue } from './queue.js';
import { Rules } from './rules.js';
import { Settings } from './settings.js';
import { Session, Sessions } from './sessions.js';
import { StatusStrip } from './status.js';
import { TopBar } from './topbar.js';
import { t } from '../strings.js';

const views = { '': List, queue: Queue, attempts: Attempts, rules: Rules, sessions: Sessions, compare: Compare };

export function App() {
  const { id, pane, view, session } = route.value, open = id || session;
  const shown = open ? 'message' : pane || 'list';
  const widths = { '--boxes': `${boxesWidth.value}px`, '--list': `${listWidth.value}px` };
  const one = room.value === 'narrow';
  return html`
    <div class="app" data-shown=${shown} data-view=${view || undefined} style=${widths}>
      <${TopBar} />
      <main class="panes">
        ${(!one || shown === 'boxes') && html`<${Mailboxes} />`}
        <${Divider} width=${boxesWidth} min=${150} max=${400} label=${t.mailboxes.title} />
        ${(!one || shown === 'list') && html`<${views[view]} />`}
        ${(!view || open) && html`<${Divider} width=${listWidth} min=${280} max=${720} label=${t.list.title} />`}
        ${(room.value === 'wide' && (!view || open) || shown === 'message') && html`<${session && !id ? Session : Message} />`}
      </main>
      <${StatusStrip} />
    </div>
    <${ClockPanel} />
    <${Settings} />
    <${Picking} />
    <${Dialogs} />
    <${Toast} />`;
}
