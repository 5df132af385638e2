// The faults found in a message.
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { t } from '../strings.js';

/** One quiet line that opens to the list. */
export function Defects({ defects }) {
  const [shown, setShown] = useState(false);
  if (!defects.length) return null;
  return html`
    <div class="defects">
      <button type="button" aria-expanded=${shown} onClick=${() => setShown(!shown)}>${icon('warning')}${t.message.defects(defects.length)}</button>
      ${shown && html`<${DefectList} defects=${defects} />`}
    </div>`;
}

/** The faults of a message, each in a sentence, with where it is. */
export const DefectList = ({ defects }) => html`
  <ul>${defects.map(({ text, part, offset }) => html`<li>${text} <span class="where">${t.defects.at(part, offset)}</span></li>`)}</ul>`;
