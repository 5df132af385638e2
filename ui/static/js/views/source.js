// The HTML as it was written.
import { useMemo, useRef } from 'preact/hooks';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { Find } from './find.js';
import { CopyButton } from './parts.js';
import { Wrap } from './wrap.js';

const SHOWN = 256 * 1024, LINES = 4000; // characters and lines; more would make the page slow

export function SourceTab({ message: { html: source } }) {
  const box = useRef(null);
  const lines = useMemo(() => (source ?? '').slice(0, SHOWN).split(/\r?\n|\r/, LINES), [source]);
  const shown = lines.length === LINES ? lines.join('\n').length : Math.min(SHOWN, source?.length);
  if (source === null) return html`<p class="hint">${t.message.noHtml}</p>`;
  return html`
    <div class="bar tools">
      <${Find} within=${box} text=${source} />
      <span class="space"></span>
      ${shown < source.length && html`<span>${t.message.part(bytes(shown), bytes(source.length))}</span>`}
      <${Wrap} /><${CopyButton} text=${source} />
    </div>
    <pre ref=${box} class="source numbered scrolls" tabindex="0" ...${Wrap.props()}>${lines.map((line) => html`<span class="line">${line}${'\n'}</span>`)}</pre>`;
}
