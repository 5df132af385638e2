// The mail as text.
import { textURL } from '../api.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';

const SHOWN = 256 * 1024; // characters; more would make the page slow

export function TextTab({ message: { id, text } }) {
  if (text === null) return html`<p class="hint">${t.message.noText}</p>`;
  if (!text) return html`<p class="hint">${t.message.emptyText}</p>`;
  return html`
    ${text.length > SHOWN && html`
      <p class="bar">
        <span>${t.message.part(bytes(SHOWN), bytes(text.length))}</span>
        <a href=${textURL(id)} target="_blank" rel="noopener">${t.message.openText}</a>
      </p>`}
    <pre class="body-text" tabindex="0">${text.slice(0, SHOWN)}</pre>`;
}
