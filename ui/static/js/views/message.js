// The pane on the right: one message, who sent it to whom, and its tabs.
import { useEffect } from 'preact/hooks';
import { canRequeue, removeMessage, requeue, toggleSeen } from '../actions.js';
import * as api from '../api.js';
import { bytes, exact, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { close, route } from '../router.js';
import { room, tab } from '../settings.js';
import { seenIn } from '../state/feed.js';
import { mailboxes } from '../state/mailboxes.js';
import { find } from '../state/found.js';
import { open, opened } from '../state/reader.js';
import { t } from '../strings.js';
import { ChecksTab, Defects } from './checks.js';
import { SendTools } from './compose.js';
import { Found } from './found.js';
import { HeadersTab } from './headers.js';
import { KeyList, named } from './keys.js';
import { Failure, IconButton, Loading } from './parts.js';
import { People } from './people.js';
import { PreviewTab } from './preview.js';
import { RawTab } from './raw.js';
import { SessionTab } from './session.js';
import { SourceTab } from './source.js';
import { StructureTab } from './structure.js';
import { TABS, tabFor } from './tabs.js';
import { TextTab } from './text.js';
import { Origin, Related, Timeline } from './timeline.js';
import { Welcome } from './welcome.js';

const bodies = {
  preview: PreviewTab, text: TextTab, source: SourceTab, headers: HeadersTab, structure: StructureTab, raw: RawTab, session: SessionTab, checks: ChecksTab,
};

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
        <${SendTools} message=${message} />
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
    case 'failed': return html`<${Failure} problem=${problem} retry=${() => open(id, route.value.box)} />`;
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
      <${KeyList} of=${named('next', 'previous', 'open', 'palette', 'help')} />
    </div>`;
}

function Opened({ message }) {
  const current = tabFor(tab.value, message);
  useEffect(() => find(message.id), [message.id]);
  return html`
    <article>
      <h2>${message.subject || t.noSubject}</h2>
      <${People} message=${message} />
      <p class="facts">
        <time datetime=${message.receivedAt}>${exact(message.receivedAt)}</time>
        <span>${when(message.receivedAt)}</span>
        <span>${bytes(message.size)}</span>
        <${Defects} defects=${message.defects} />
      </p>
      <${Origin} session=${message.session} />
      <${Related} message=${message} />
      <${Timeline} message=${message} />
      <${Found} message=${message} />
    </article>
    <${Tabs} message=${message} current=${current} />
    <div class="tab-body" role="tabpanel" id="tab-body" aria-labelledby="tab-${current}" tabindex="0">
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
  useEffect(() => document.getElementById(`tab-${current}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [current]);
  const missing = { preview: message.html === null, source: message.html === null, text: message.text === null };
  const counts = { structure: message.attachments.length, checks: message.defects.length };
  return html`
    <div class="tabs" role="tablist" onKeyDown=${onKeyDown}>
      ${TABS.map((name) => html`
        <button key=${name} id="tab-${name}" type="button" role="tab" aria-selected=${name === current} aria-controls="tab-body"
          tabindex=${name === current ? 0 : -1} disabled=${missing[name]} onClick=${() => { tab.value = name; }}>
          ${t.message.tabs[name]}
          ${counts[name] > 0 && html`<span class="count">${counts[name]}</span>`}
        </button>`)}
    </div>`;
}
