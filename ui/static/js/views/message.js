// The pane on the right: one message, who sent it to whom, and its tabs.
import { useEffect } from 'preact/hooks';
import { canRequeue, removeMessage, requeue, toggleSeen } from '../actions.js';
import { rawURL } from '../api.js';
import { bytes, exact, title, when } from '../format.js';
import { html } from '../html.js';
import { close, route } from '../router.js';
import { room, tab } from '../settings.js';
import { seenIn } from '../state/feed.js';
import { mailboxes } from '../state/mailboxes.js';
import { open, opened } from '../state/reader.js';
import { t } from '../strings.js';
import { SendTools } from './compose.js';
import { ChecksTab, Defects, Found } from './found.js';
import { HeadersTab } from './headers.js';
import { KeyList, named } from './keys.js';
import { Download, Failure, IconButton, Loading } from './parts.js';
import { People } from './people.js';
import { PreviewTab } from './preview.js';
import { SessionTab } from './session.js';
import { RawTab, SourceTab, TextTab } from './source.js';
import { StructureTab } from './structure.js';
import { TABS, lacks, tabFor } from './tabs.js';
import { Related, Timeline } from './timeline.js';
import { Welcome } from './welcome.js';

const bodies = {
  preview: PreviewTab, text: TextTab, source: SourceTab, headers: HeadersTab, structure: StructureTab, raw: RawTab, session: SessionTab, checks: ChecksTab,
};

export function Message() {
  const { phase, message } = opened.value;
  return html`
    <section class="message" aria-label=${message ? title(message) : t.message.none} aria-busy=${phase === 'loading'}>
      ${phase !== 'none' && html`<${Tools} message=${message} />`}
      <${Body} />
    </section>`;
}

function Tools({ message }) {
  const { id, box } = route.value, wide = room.value === 'wide';
  return html`
    <header class="pane-head">
      <${IconButton} name=${wide ? 'close' : 'back'} label=${wide ? `${t.actions.close} (Escape)` : t.actions.back} onClick=${close} />
      <span class="space"></span>
      ${message && html`
        <${IconButton} name="unread" label="${seenIn(box, message) ? t.actions.unread : t.actions.read} (u)" onClick=${toggleSeen} />
        ${message.deliveries.some(canRequeue) && html`<${IconButton} name="retry" label=${t.queue.actions.requeue} onClick=${() => requeue([message])} />`}
        <${SendTools} message=${message} />
        <${Download} url=${rawURL(id)} name="${id}.eml" />
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
  return html`<div class="nothing"><p>${t.message.none}</p><${KeyList} of=${named('next', 'previous', 'open', 'palette', 'help')} /></div>`;
}

function Opened({ message }) {
  const { receivedAt, size, defects } = message, current = tabFor(message);
  return html`
    <article>
      <h1>${title(message)}</h1>
      <${People} message=${message} />
      <p class="facts">
        <time datetime=${receivedAt}>${exact(receivedAt)}</time><span>${when(receivedAt)}</span><span>${bytes(size)}</span>
        <${Defects} defects=${defects} />
      </p>
      <${Related} message=${message} />
      <${Timeline} message=${message} />
      <${Found} message=${message} />
    </article>
    <${Tabs} message=${message} current=${current} />
    <div class="tab-body" role="tabpanel" id="tab-body" aria-labelledby="tab-${current}" tabindex="0"><${bodies[current]} message=${message} /></div>`;
}

function Tabs({ message, current }) {
  const onKeyDown = ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const usable = TABS.filter((name) => !missing[name]);
    tab.value = usable.at((usable.indexOf(current) + step) % usable.length);
    document.getElementById(`tab-${tab.value}`).focus();
  };
  useEffect(() => document.getElementById(`tab-${current}`).scrollIntoView({ block: 'nearest', inline: 'nearest' }), [current]);
  const missing = lacks(message), counts = { structure: message.attachments.length, checks: message.defects.length };
  return html`
    <div class="tabs" role="tablist" onKeyDown=${onKeyDown}>
      ${TABS.map((name) => html`
        <button key=${name} id="tab-${name}" type="button" role="tab" aria-selected=${name === current} aria-controls="tab-body"
          tabindex=${name === current ? 0 : -1} disabled=${missing[name]} onClick=${() => { tab.value = name; }}>
          ${t.message.tabs[name]}${counts[name] > 0 && html`<span class="count">${counts[name]}</span>`}
        </button>`)}
    </div>`;
}
