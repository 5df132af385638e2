// Keys as they are shown: caps, and the list of all.
import { commands, words } from '../commands.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { Title } from './parts.js';

const MOD = /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';
const caps = { Mod: MOD, Escape: 'Esc', Delete: 'Del' };

const cap = (key) => html`<kbd>${caps[key] ?? key}</kbd>`;

/** One way to press a command: 'g q', 'Mod+k' or 'j'. */
export const Key = ({ keys }) => keys.split(/[ +](?=.)/).map((key) => cap(key));

const AllKeys = ({ keys }) => (keys.length > 3
  ? html`${cap(keys[0])} – ${cap(keys.at(-1))}`
  : keys.map((one) => html`<span class="press"><${Key} keys=${one} /></span>`));

/** Commands with their keys; of the names given, or all that belong to a place. */
export const KeyList = ({ of }) => html`
  <dl class="keys">${of.map((one) => html`<dt><${AllKeys} keys=${one.keys} /></dt><dd>${words(one)}</dd>`)}</dl>`;

export const named = (...names) => commands.filter(({ name }) => names.includes(name));

export function KeysDialog({ close }) {
  const places = [...new Set(commands.map(({ place }) => place))];
  return html`
    <div class="dialog-body">
      <${Title} text=${t.commands.help} close=${close} />
      <div class="key-groups">
        ${places.map((place) => html`
          <section><h3>${t.keys[place]}</h3><${KeyList} of=${commands.filter((one) => one.place === place && one.keys.length)} /></section>`)}
      </div>
    </div>`;
}
