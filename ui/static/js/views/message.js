// The pane on the right: one message, who sent it to whom, and its tabs.
import { askToRelease, canRequeue, removeMessage, requeue, toggleSeen } from '../actions.js';
import * as api from '../api.js';
import { bytes, exact, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { close, route } from '../router.js';
import { room, tab } from '../settings.js';
import { seenIn } from '../state/feed.js';
import { mailboxes } from '../state/mailboxes.js';
import { open, opened } from '../state/reader.js';
import { t } from '../strings.js';
import { AttachmentsTab } from './attachments.js';
import { Defects } from './defects.js';
import { HeadersTab } from './headers.js';
import { HtmlTab } from './htmltab.js';
import { Failure, IconButton, Loading } from './parts.js';
import { People } from './people.js';
import { RawTab } from './raw.js';
import { TABS, tabFor } from './tabs.js';
import { TextTab } from './text.js';
import { Origin, Timeline } from './timeline.js';
import { Welcome } from './welcome.js';

const bodies = { html: HtmlTab, text: TextTab, headers: HeadersTab, attachments: AttachmentsTab, raw: RawTab };

export function Message() {
  const { phase, message } = opened.value;
  return html`
    <main class="message" aria-busy=${phase === 'loading'}>
      ${phase !== 'none' && html`<${Tools} message=${message} />`}
      <${Body} />
    </main>`;
}

function Tools({ message }) {
  const { id, box } = route.value;
  return html`
    <header class="pane-head">
      ${room.value === 'wide'
        ? html`<${IconButton} name="close" label="${t.actions.close} (Escape)" onClick=${close} />`
        : html`<${IconButton} name="back" label=${t.actions.back} onClick=${close} />`}
      <span class="space"></span>
      ${message && html`
        <${IconButton} name="unread" label="${seenIn(box, message) ? t.actions.unread : t.actions.read} (u)" onClick=${toggleSeen} />
        ${message.deliveries.some(canRequeue) && html`<${IconButton} name="retry" label=${t.queue.actions.requeue} onClick=${() => requeue([message])} />`}
        <${IconButton} name="relay" label=${t.release.open} onClick=${askToRelease} />
        <a class="icon-button" href=${api.asFile(api.rawURL(id))} download="${id}.eml" title=${t.actions.download} aria-label=${t.actions.download}>${icon('download')}</a>
        <${IconButton} name="trash" label="${t.actions.remove} (#)" onClick=${removeMessage} />`}
    </header>`;
}

function Body() {
  const { id, phase, message, problem } = opened.value;
  switch (phase) {
    case 'none': return html`<${Nothing} />`;
    case 'loading': return html`<${Loading} text=${t.message.loading} />`;
    case 'gone': return html`<div class="nothing"><p class="what">${t.message.gone}</p><p>${t.message.goneHint}</p></div>`;
    case 'failed': return html`<${Failure} text=${t.errors.messageFailed} problem=${problem} retry=${() => open(id, route.value.box)} />`;
    default: return html`<${Opened} key=${id} message=${message} />`;
  }
}

function Nothing() {
  const { phase, total } = mailboxes.value;
  if (phase === 'loading') return null;
  if (!total.messages) return html`<${Welcome} />`;
  return html`
    <div class="nothing">
      <p>${t.message.none}</p>
      <dl class="keys">${t.keys.list.slice(0, 4).map(([keys, text]) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${text}</dd>`)}</dl>
    </div>`;
}

function Opened({ message }) {
  const current = tabFor(tab.value, message);
  return html`
    <article>
      <h2>${message.subject || t.noSubject}</h2>
      <${People} message=${message} />
      <p class="facts">
        <time datetime=${message.receivedAt}>${exact(message.receivedAt)}</time>
        <span>${when(message.receivedAt)}</span>
        <span>${bytes(message.size)}</span>
      </p>
      <${Origin} session=${message.session} />
      <${Timeline} message=${message} />
      <${Defects} defects=${message.defects} />
    </article>
    <${Tabs} message=${message} current=${current} />
    <div class="tab-body" role="tabpanel" id="tab-body" aria-labelledby="tab-${current}" tabindex="-1">
      <${bodies[current]} message=${message} />
    </div>`;
}

function Tabs({ message, current }) {
  const onKeyDown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = TABS[(TABS.indexOf(current) + step + TABS.length) % TABS.length];
    tab.value = next;
    document.getElementById(`tab-${next}`).focus();
  };
  const missing = { html: message.html === null, text: message.text === null, attachments: !message.attachments.length };
  return html`
    <div class="tabs" role="tablist" onKeyDown=${onKeyDown}>
      ${TABS.map((name) => html`
        <button key=${name} id="tab-${name}" type="button" role="tab" aria-selected=${name === current} aria-controls="tab-body"
          tabindex=${name === current ? 0 : -1} disabled=${missing[name]} onClick=${() => { tab.value = name; }}>
          ${t.message.tabs[name]}
          ${name === 'attachments' && message.attachments.length > 0 && html`<span class="count">${message.attachments.length}</span>`}
        </button>`)}
    </div>`;
}
