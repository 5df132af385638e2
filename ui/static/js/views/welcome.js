// What one sees before the first mail: where to send it, and how.
import { sendSample } from '../actions.js';
import { html } from '../html.js';
import { mark } from '../icons.js';
import { framework } from '../settings.js';
import { info, loadInfo } from '../store.js';
import { t } from '../strings.js';
import { Choice, Copyable, CopyButton, Failure, Loading } from './parts.js';
import { frameworks, reachable } from './snippets.js';

/** Welcome teaches, without a title in the dialog that has one, and closes that. */
export function Welcome({ close }) {
  const { problem, smtp, pop3 } = info.value ?? {};
  if (!info.value) return html`<${Loading} text=${t.actions.setup} />`;
  if (problem) return html`<${Failure} problem=${problem} retry=${loadInfo} />`;
  return html`
    <div class="welcome">
      ${!close && html`<div class="title">${mark()}<h2>${t.welcome.title}</h2></div>`}
      <p>${t.welcome.lead}</p>
      <dl class="ports">${[['SMTP', smtp], ['POP3', pop3]].map(([name, address]) => address && html`<dt>${name}</dt><dd><${Copyable} text=${reachable(address)} /></dd>`)}</dl>
      <button type="button" class="button primary" id="sample" onClick=${() => sendSample().then(close)}>${t.commands.sample}</button>
      ${smtp && html`<${Snippets} smtp=${reachable(smtp)} />`}
    </div>`;
}

function Snippets({ smtp }) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(smtp), names = Object.keys(frameworks);
  const chosen = names.includes(framework.value) ? framework.value : names[0], text = frameworks[chosen](host, port);
  return html`
    <h3>${t.welcome.snippets}</h3>
    <${Choice} label=${t.welcome.snippets} value=${chosen} onChange=${(name) => { framework.value = name; }} options=${names.map((name) => [name, name])} />
    <div class="snippet-box"><pre tabindex="0">${text}</pre><${CopyButton} text=${text} /></div>`;
}
