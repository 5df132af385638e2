// What one sees before the first mail: where to send it, and how.
import { useState } from 'preact/hooks';
import { copy, sendSample } from '../actions.js';
import { html } from '../html.js';
import { mark } from '../icons.js';
import { framework } from '../settings.js';
import { dialog } from '../state/notices.js';
import { info, loadInfo } from '../store.js';
import { t } from '../strings.js';
import { Choice, Copyable, Failure, IconButton, Loading } from './parts.js';
import { frameworks, reachable, shell } from './snippets.js';

/** Welcome teaches; bare is without the title, for the dialog that has one. */
export function Welcome({ bare }) {
  const now = info.value;
  if (!now) return html`<${Loading} text=${t.welcome.loading} />`;
  if (now.problem) return html`<${Failure} problem=${now.problem} retry=${loadInfo} />`;
  return html`
    <div class="welcome">
      ${!bare && html`<div class="title">${mark()}<h2>${t.welcome.title}</h2></div>`}
      <p>${t.welcome.lead}</p>
      <dl class="ports">
        <dt>${t.welcome.smtp}</dt><dd>${now.smtp ? html`<${Copyable} text=${reachable(now.smtp)} />` : t.welcome.off}</dd>
        <dt>${t.welcome.pop3}</dt><dd>${now.pop3 ? html`<${Copyable} text=${reachable(now.pop3)} />` : t.welcome.off}</dd>
      </dl>
      <${Sample} />
      ${now.smtp && html`<${Snippets} smtp=${reachable(now.smtp)} />`}
    </div>`;
}

function Sample() {
  const [sending, setSending] = useState(false);
  const onClick = async () => {
    setSending(true);
    await sendSample();
    setSending(false);
    dialog.value = null;
  };
  return html`
    <button type="button" class="button primary" id="sample" disabled=${sending} onClick=${onClick}>${sending ? t.welcome.sending : t.welcome.sample}</button>`;
}

function Snippets({ smtp }) {
  const [host, port] = split(smtp);
  const current = frameworks[framework.value] ?? frameworks.nodemailer;
  return html`
    <h3>${t.welcome.snippets}</h3>
    <${Choice} label=${t.welcome.snippets} value=${framework.value} onChange=${(name) => { framework.value = name; }}
      options=${Object.entries(frameworks).map(([name, { label }]) => [name, label])} />
    <${Snippet} text=${current.text(host, port)} />
    <h3>${t.welcome.shell}</h3>
    ${shell.map((text) => html`<${Snippet} text=${text(host, port)} />`)}`;
}

const Snippet = ({ text }) => html`
  <div class="snippet-box">
    <pre tabindex="0">${text}</pre>
    <${IconButton} name="copy" label=${t.actions.copy} onClick=${() => copy(text)} />
  </div>`;

function split(address) {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), address.slice(colon + 1)];
}
