// The message as it was received; of a big one only a stretch.
import { useEffect, useRef, useState } from 'preact/hooks';
import { asFile, head, rawURL } from '../api.js';
import { bytes, count } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { decode } from '../octets.js';
import { t } from '../strings.js';
import { Find, mark, rangeIn, reveal } from './find.js';
import { Failure, Loading } from './parts.js';
import { place } from './tabs.js';
import { Wrap } from './wrap.js';

const SHOWN = 256 * 1024, BEFORE = 4096; // octets; what is shown before a place far down

export function RawTab({ message: { id } }) {
  const [source, setSource] = useState({});
  const [tries, setTries] = useState(0);
  const box = useRef(null);
  const at = place.value.id === id ? place.value.offset : null;
  const from = at > SHOWN - BEFORE ? at - BEFORE : 0;
  useEffect(() => {
    const request = new AbortController();
    head(rawURL(id), SHOWN, request.signal, from).then(
      ({ bytes: octets, total }) => setSource({ from, octets, text: decode(octets, 'utf-8', from + octets.length < total), total }),
      (problem) => problem.name === 'AbortError' || setSource({ problem }),
    );
    return () => request.abort();
  }, [id, tries, from]);
  const { text, octets, total, problem } = source;
  useEffect(() => point(box.current?.firstChild, source, at), [source, at]);

  if (problem) return html`<${Failure} problem=${problem} retry=${() => setTries(tries + 1)} />`;
  if (text === undefined) return html`<${Loading} text=${t.message.rawLoading} />`;
  if (!total) return html`<p class="hint">${t.message.rawEmpty}</p>`;
  const end = source.from + octets.length;
  return html`
    <div class="bar tools">
      <${Find} within=${box} text=${text} />
      <span class="space"></span>
      ${octets.length < total && html`<span>${source.from ? t.mail.stretch(count(source.from), count(end), count(total)) : t.message.part(bytes(end), bytes(total))}</span>`}
      <${Wrap} />
      <a class="quiet-button" href=${asFile(rawURL(id))} download="${id}.eml" title=${t.message.downloadAll}>${icon('download')}<span>${t.message.download}</span></a>
    </div>
    <pre ref=${box} class="source scrolls" tabindex="0" ...${Wrap.props()}>${text}</pre>`;
}

/** point marks the line that has an octet of the message. What it returns takes the mark away. */
function point(node, { from, octets, text }, at) {
  if (!node || at === null || at < from || at >= from + octets.length) return;
  const start = Math.min(decode(octets.subarray(0, at - from), 'utf-8', true).length, Math.max(0, text.length - 1));
  const end = text.indexOf('\n', start);
  const range = rangeIn(node, text.lastIndexOf('\n', start - 1) + 1, end < 0 ? text.length : Math.max(end, start + 1));
  mark('place', [range]);
  reveal(range);
  return () => mark('place', []);
}
