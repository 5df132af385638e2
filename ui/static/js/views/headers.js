// The headers, and beside them what SMTP said: the envelope.
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { rawHeaders } from '../settings.js';
import { t } from '../strings.js';
import { Choice, CopyButton, Some } from './parts.js';
import { Bcc, Differs, Unsent, blind } from './people.js';

// How many headers show at first, and how many characters of one.
const SHOWN = 200, LONGEST = 10_000;

const cut = (text) => (text.length > LONGEST ? text.slice(0, LONGEST) + '…' : text);

export const HeadersTab = ({ message }) => html`
  <div class="headers-tab"><${Headers} message=${message} /><${Envelope} message=${message} /></div>`;

function Headers({ message }) {
  const [wanted, setWanted] = useState(''), raw = rawHeaders.value;
  const write = ({ name, value, raw: source }) => (raw ? `${name}:${source.replace(/\r?\n$/, '')}` : `${name}: ${value}`);
  const shown = message.headers.filter((one) => write(one).toLowerCase().includes(wanted.toLowerCase()));
  const all = (as) => shown.map((one) => as(write(one)) + '\n').join('');
  const row = ({ name, value }) => {
    const field = name.toLowerCase();
    return html`<dt>${name}</dt><dd>${cut(value)}${field === 'from' && html`<${Differs} message=${message} />`}${/^(to|cc)$/.test(field) && html`<${Unsent} message=${message} list=${message[field]} />`}</dd>`;
  };
  return html`
    <div class="headers">
      <div class="bar">
        <${Choice} label=${t.message.tabs.headers} value=${raw} onChange=${(value) => { rawHeaders.value = value; }}
          options=${[[false, t.message.decoded], [true, t.message.rawHeaders]]} />
        <input type="search" placeholder=${t.mail.find} aria-label=${t.mail.find} value=${wanted} onInput=${({ target }) => setWanted(target.value)} />
        <${CopyButton} text=${all(String)} />
      </div>
      ${raw ? html`<pre class="source" tabindex="0">${all(cut)}</pre>` : html`<dl class="fields"><${Some} of=${shown} most=${SHOWN} each=${row} tag="dd" /></dl>`}
    </div>`;
}

function Envelope({ message }) {
  const { from, to, ret, envid, body, smtputf8 } = message.envelope, hidden = blind(message);
  const said = (...words) => words.filter(Boolean).join(' ');
  return html`
    <div class="envelope">
      <h2>${t.message.envelope}</h2>
      <${Facts} facts=${[
        ['MAIL FROM', said(`<${from}>`, ret && `RET=${ret}`, envid && `ENVID=${envid}`, body && `BODY=${body}`, smtputf8 && 'SMTPUTF8')],
        ...to.map(({ address, notify, orcpt }) => ['RCPT TO', html`
          ${said(`<${address}>`, notify.length > 0 && `NOTIFY=${notify}`, orcpt && `ORCPT=${orcpt}`)}${hidden.includes(address) && html`<${Bcc} address=${address} />`}`]),
        ['ID', message.id],
      ]} />
    </div>`;
}

/** Names and values; those without a value are left out. */
export const Facts = ({ facts }) => html`<dl class="fields">${facts.map(([name, value]) => value && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
