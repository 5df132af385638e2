// The headers, and beside them what SMTP said: the envelope.
import { useState } from 'preact/hooks';
import { fromDiffers, unsentIn } from '../envelope.js';
import { exact } from '../format.js';
import { html } from '../html.js';
import { rawHeaders } from '../settings.js';
import { t } from '../strings.js';
import { Choice, CopyButton } from './parts.js';

const SHOWN = 200; // headers shown before one asks for all

export const HeadersTab = ({ message }) => html`
  <div class="headers-tab">
    <${Headers} message=${message} />
    <aside>
      <${Envelope} envelope=${message.envelope} />
      <${Facts} facts=${[['Date', message.date && exact(message.date)], ['ID', message.id]]} />
    </aside>
  </div>`;

function Headers({ message }) {
  const [wanted, setWanted] = useState(''), [whole, setWhole] = useState(false), { headers } = message, raw = rawHeaders.value;
  if (!headers.length) return html`<p class="hint">${t.message.noHeaders}</p>`;
  const write = ({ name, value, raw: source }) => (raw ? `${name}:${source.replace(/\r?\n$/, '')}` : `${name}: ${value}`);
  const shown = headers.filter((one) => write(one).toLowerCase().includes(wanted.toLowerCase()));
  const all = shown.map(write).join('\n') + '\n';
  return html`
    <section class="headers">
      <div class="bar">
        <${Choice} label=${t.message.tabs.headers} value=${raw} onChange=${(value) => { rawHeaders.value = value; }}
          options=${[[false, t.message.decoded], [true, t.message.rawHeaders]]} />
        <input type="search" placeholder=${t.mail.find} aria-label=${t.mail.find} value=${wanted} onInput=${(event) => setWanted(event.target.value)} />
        <${CopyButton} text=${all} />
      </div>
      ${raw
        ? html`<pre class="source" tabindex="0">${all}</pre>`
        : html`<dl class="fields">${(whole ? shown : shown.slice(0, SHOWN)).map((one, i) => html`
            <dt key="${i}n">${one.name}</dt>
            <dd key=${i}>${one.value}${disagrees(message, one).map((text) => html` <span class="tag">${text}</span>`)}<${CopyButton} text=${write(one)} label="${t.actions.copy}: ${one.name}" /></dd>`)}</dl>`}
      ${!raw && !whole && shown.length > SHOWN && html`<button type="button" class="link-button" onClick=${() => setWhole(true)}>${t.message.moreRecipients(shown.length - SHOWN)}</button>`}
    </section>`;
}

/** disagrees says how a header and the envelope differ. */
function disagrees(message, { name }) {
  const field = name.toLowerCase();
  if (field === 'from' && fromDiffers(message)) return [t.message.envelopeFrom(message.envelope.from)];
  if (field !== 'to' && field !== 'cc') return [];
  return unsentIn(message, message[field]).map(t.mail.notIn);
}

function Envelope({ envelope: { from, to, ret, envid, body, smtputf8 } }) {
  const recipient = ({ address, notify, orcpt }) => html`
    <div>
      ${address}
      ${notify.length > 0 && html` <span class="where">${t.envelope.notify(notify.join(', '))}</span>`}
      ${orcpt && html` <span class="where">${t.envelope.orcpt(orcpt)}</span>`}
    </div>`;
  return html`
    <${Facts} title=${t.envelope.title} facts=${[
      [t.envelope.from, from || t.nullSender],
      [t.envelope.to, to.map(recipient)],
      [t.envelope.body, body],
      [t.envelope.utf8, smtputf8 && t.envelope.yes],
      [t.envelope.ret, ret],
      [t.envelope.id, envid],
    ]} />`;
}

/** Names and values; those without a value are left out. */
export const Facts = ({ title, facts }) => html`
  <section>
    ${title && html`<h3>${title}</h3>`}
    <dl class="fields">${facts.filter(([, value]) => value && value.length !== 0).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </section>`;
