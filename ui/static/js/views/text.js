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
    <pre class="body-text" tabindex="0"><${Linked} text=${text.slice(0, SHOWN)} /></pre>`;
}

const address = /\b(?:https?:\/\/|mailto:)[^\s<>"'`，。、；：！？（）【】《》“”]+/gi;

/** Linked is text in which web and mail addresses can be followed, into another tab. */
export function Linked({ text }) {
  const out = [];
  let last = 0;
  for (const { index, 0: found } of text.matchAll(address)) {
    const url = trimmed(found);
    if (!URL.canParse(url)) continue;
    out.push(text.slice(last, index), html`<a href=${url} target="_blank" rel="noopener noreferrer">${url}</a>`);
    last = index + url.length;
  }
  return [...out, text.slice(last)];
}

/** trimmed leaves out what ends a sentence, and brackets that were opened before. */
function trimmed(url) {
  const ends = '.,;:!?*_]}' + (url.includes('(') ? '' : ')');
  let end = url.length;
  while (end && ends.includes(url[end - 1])) end--;
  return url.slice(0, end);
}
