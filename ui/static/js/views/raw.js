// The message as it was received; of a big one only the beginning.
import { useEffect, useState } from 'preact/hooks';
import { asFile, head, rawURL } from '../api.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { Failure, Loading } from './parts.js';

const SHOWN = 256 * 1024; // octets

export function RawTab({ message: { id } }) {
  const [source, setSource] = useState({});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const request = new AbortController();
    head(rawURL(id), SHOWN, request.signal).then(
      ({ bytes: octets, total }) => setSource({ text: decode(octets), shown: octets.length, total }),
      (problem) => problem.name === 'AbortError' || setSource({ problem }),
    );
    return () => request.abort();
  }, [id, tries]);

  const { text, shown, total, problem } = source;
  if (problem) return html`<${Failure} text=${t.errors.rawFailed} problem=${problem} retry=${() => setTries(tries + 1)} />`;
  if (text === undefined) return html`<${Loading} text=${t.message.rawLoading} />`;
  if (!total) return html`<p class="hint">${t.message.rawEmpty}</p>`;
  return html`
    ${shown < total && html`
      <p class="bar">
        <span>${t.message.part(bytes(shown), bytes(total))}</span>
        <a href=${asFile(rawURL(id))} download="${id}.eml">${t.message.downloadAll}</a>
      </p>`}
    <pre class="source" tabindex="0">${text}</pre>`;
}

/** decode shows octets that are not UTF-8 as Latin letters, so that none is lost from view. */
function decode(octets) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: true });
  } catch {
    return new TextDecoder('windows-1252').decode(octets);
  }
}
