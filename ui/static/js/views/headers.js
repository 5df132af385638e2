// The headers, and beside them what SMTP knew: envelope, session, defects.
import { transcriptURL } from '../api.js';
import { exact } from '../format.js';
import { html } from '../html.js';
import { rawHeaders } from '../settings.js';
import { t } from '../strings.js';
import { DefectList } from './defects.js';
import { Choice } from './parts.js';

export const HeadersTab = ({ message }) => html`
  <div class="headers-tab">
    <${Headers} headers=${message.headers} />
    <aside>
      <${Envelope} envelope=${message.envelope} />
      <${Session} id=${message.id} session=${message.session} />
      ${message.defects.length > 0 && html`<section><h3>${t.defects.title}</h3><${DefectList} defects=${message.defects} /></section>`}
    </aside>
  </div>`;

function Headers({ headers }) {
  if (!headers.length) return html`<p class="hint">${t.message.noHeaders}</p>`;
  return html`
    <section class="headers">
      <${Choice} label=${t.message.tabs.headers} value=${rawHeaders.value} onChange=${(raw) => { rawHeaders.value = raw; }}
        options=${[[false, t.message.decoded], [true, t.message.rawHeaders]]} />
      ${rawHeaders.value
        ? html`<pre class="source" tabindex="0">${headers.map(({ name, raw }) => `${name}:${raw.replace(/\r?\n$/, '')}\n`).join('')}</pre>`
        : html`<dl class="fields">${headers.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`}
    </section>`;
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

function Session({ id, session }) {
  if (!session) return html`<section><h3>${t.session.title}</h3><p class="where">${t.session.unknown}</p></section>`;
  const { protocol, remote, local, helo, user, mechanism, tls, startedAt } = session;
  return html`
    <${Facts} title=${t.session.title} facts=${[
      [t.session.protocol, protocol],
      [t.session.remote, remote],
      [t.session.local, local],
      [t.session.helo, helo],
      [t.session.user, user && (mechanism ? `${user} (${mechanism})` : user)],
      [t.session.tls, tls || t.session.none],
      [t.session.started, exact(startedAt)],
      [t.session.id, session.id],
    ]}>
      <a href=${transcriptURL(id)} target="_blank" rel="noopener">${t.session.transcript}</a>
    <//>`;
}

/** Names and values; those without a value are left out. */
const Facts = ({ title, facts, children }) => html`
  <section>
    <h3>${title}</h3>
    <dl class="fields">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    ${children}
  </section>`;
