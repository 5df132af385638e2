// A mail as it is written: its text, its HTML, and all of it as it was received. Of what is big only a stretch shows.
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { head, rawURL } from '../api.js';
import { bytes, count } from '../format.js';
import { html } from '../html.js';
import { opened } from '../state/reader.js';
import { t } from '../strings.js';
import { Find, mark, rangeIn, reveal } from './find.js';
import { CopyButton, Failure, Loading } from './parts.js';

// Characters or octets: all that shows, and what shows before a place far down.
const SHOWN = 256 * 1024, BEFORE = 4096;

export const TextTab = ({ message: { text } }) => html`<${Start} text=${text} links />`;
export const SourceTab = ({ message }) => html`<${Start} text=${message.html} />`;

const Start = ({ text, links }) => html`<${Source} text=${text.slice(0, SHOWN)} links=${links} note=${text.length > SHOWN && t.message.part(bytes(SHOWN), bytes(text.length))} />`;

export function RawTab({ message: { id } }) {
  const { offset = -1 } = opened.value;
  return html`<${Octets} url=${rawURL(id)} from=${offset > SHOWN - BEFORE ? offset - BEFORE : 0} at=${offset} />`;
}

/** Octets shows those at a url as text, and marks the line with one of them. */
export const Octets = ({ url, charset, links, from = 0, at = -1 }) => html`
  <${Asked} key=${url + from} ask=${(signal) => head(url, SHOWN, signal, from)}>${({ bytes: octets, total }) => {
    const part = octets.length < total;
    return html`<${Source} links=${links} text=${decode(octets, charset, part)} at=${at < 0 ? at : decode(octets.subarray(0, at - from), charset, true).length}
      note=${part && t.message.part(bytes(octets.length), bytes(total), from && count(from))} />`;
  }}<//>`;

/** Asked hands an answer to its child, once it is here; none is what is said when there is none. */
export function Asked({ ask, none = t.message.gone, children }) {
  const [{ value, problem }, answer] = useState({}), [tries, again] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    const request = new AbortController();
    answer({});
    ask(request.signal).then((value) => answer({ value }), (problem) => problem.name === 'AbortError' || answer({ problem }));
    return () => request.abort();
  }, [tries]);
  if (problem?.status === 404) return html`<p class="hint">${none}</p>`;
  if (problem) return html`<${Failure} problem=${problem} retry=${again} />`;
  return value ? children(value) : html`<${Loading} text=${t.message.loading} />`;
}

/** Source shows a text, with a search in it, and marks the line with the character at a place. */
function Source({ text, links, note, at }) {
  const box = useRef(null);
  useEffect(() => {
    if (!text || !(at >= 0)) return;
    const end = text.indexOf('\n', at), range = rangeIn(box.current.firstChild, text.lastIndexOf('\n', at - 1) + 1, end < 0 ? text.length : Math.max(end, at + 1));
    reveal(range);
    return mark('place', [range]);
  }, [text, at]);
  return html`
    <div class="bar tools"><${Find} within=${box} text=${text} /><span class="space">${note}</span><${CopyButton} text=${text} /></div>
    <pre ref=${box} class="source scrolls" tabindex="0">${links ? linked(text) : text}</pre>`;
}

/** linked is text in which web and mail addresses can be followed, into another tab. What ends a sentence is none of theirs. */
export function linked(text) {
  const out = [];
  let last = 0;
  for (const { index, 0: found } of text.matchAll(/\b(?:https?:\/\/|mailto:)[^\s<>"'`，。、；：！？（）【】《》“”]+/gi)) {
    const ends = '.,;:!?*_]}' + (found.includes('(') ? '' : ')');
    let end = found.length;
    while (end && ends.includes(found[end - 1])) end--;
    const url = found.slice(0, end);
    if (!URL.canParse(url)) continue;
    out.push(text.slice(last, index), html`<a href=${url} target="_blank" rel="noopener noreferrer">${url}</a>`);
    last = index + end;
  }
  return [...out, text.slice(last)];
}

/** decode shows octets that are not of the charset, or of UTF-8, as Latin letters, so that none is lost from view; of a stretch the last character may be cut. */
export function decode(octets, charset, stretch) {
  try {
    return new TextDecoder(charset || 'utf-8', { fatal: true, ignoreBOM: true }).decode(octets, { stream: stretch });
  } catch {
    return charset ? decode(octets, '', stretch) : new TextDecoder('windows-1252').decode(octets);
  }
}
