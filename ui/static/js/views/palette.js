// The palette: everything that can be done or gone to, found by a few letters.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { openMessage } from '../actions.js';
import { applies, commands, words } from '../commands.js';
import { rank } from '../fuzzy.js';
import { sender } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { go, route } from '../router.js';
import { pinned } from '../settings.js';
import { feed } from '../state/feed.js';
import { addresses } from '../state/mailboxes.js';
import { searches } from '../state/recent.js';
import { searchFor } from '../state/search.js';
import { t } from '../strings.js';
import { Key } from './keys.js';

const SHOWN = 50;

const doable = () => commands.filter((one) => !one.quiet && applies(one)).map((one) => ({
  kind: one.place === 'go' ? 'place' : 'command', label: words(one), keys: one.keys[0], run: () => one.run(one.keys[0]), bonus: 15, rare: one.place === 'list',
}));
const box = (address) => ({ kind: 'mailbox', label: address, run: () => go({ box: address, q: route.value.q }) });
const search = (q) => ({ kind: 'search', label: q, run: () => searchFor(q) });
const mails = () => feed.value.rows.slice(0, 200).map((row) => ({
  kind: 'message', label: row.subject || t.noSubject, aside: sender(row), run: () => openMessage(row.id), bonus: -10,
}));

/** entries are what fits, the best first; and when nothing was typed what one wants most. */
function entries(text) {
  if (!text) return [...searches.value.slice(0, 3).map(search), ...pinned.value.map(box), ...doable().sort((a, b) => a.rare - b.rare)];
  const all = [...doable(), ...addresses.value.map(({ address }) => box(address)), ...searches.value.map(search), ...mails()];
  return [...rank(text, all, SHOWN), { ...search(text), label: t.palette.search(text) }];
}

export function Palette({ close }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef();
  const items = useMemo(() => entries(text.trim()), [text]);
  useLayoutEffect(() => list.current.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }), [at, items]);
  const choose = (item) => {
    close();
    setTimeout(item.run); // the closing dialog gives the focus back first
  };
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !step && event.key !== 'Enter') return;
    event.preventDefault();
    if (step) setAt((at + step + items.length) % items.length);
    else choose(items[at]);
  };
  const onInput = ({ target }) => {
    setText(target.value);
    setAt(0);
  };
  return html`
    <h2 id="dialog-title" class="unseen">${t.commands.palette}</h2>
    <label class="palette-field">
      ${icon('command')}
      <input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-activedescendant="palette-${at}"
        aria-label=${t.palette.hint} placeholder=${t.palette.hint} autocomplete="off" autocapitalize="off" spellcheck="false" autofocus
        value=${text} onInput=${onInput} onKeyDown=${onKeyDown} />
    </label>
    <ul id="palette-list" class="options" role="listbox" aria-label=${t.commands.palette} ref=${list}>
      ${items.map((item, i) => html`
        <li key=${i} id="palette-${i}" role="option" aria-selected=${i === at} onPointerMove=${() => setAt(i)} onClick=${() => choose(item)}>
          <span class="kind">${t.palette.kinds[item.kind]}</span>
          <span class="label">${marked(item)}${item.aside && html` <span class="aside">${item.aside}</span>`}</span>
          ${item.keys && html`<span class="press"><${Key} keys=${item.keys} /></span>`}
        </li>`)}
    </ul>`;
}

/** marked is the label with what fits made strong. */
function marked({ label, fit }) {
  if (!fit?.at.length) return label;
  const at = new Set(fit.at), parts = [];
  for (let i = 0, from = 0; i <= label.length; i++) {
    if (i < label.length && (i === from || at.has(i) === at.has(from))) continue;
    parts.push(at.has(from) ? html`<b>${label.slice(from, i)}</b>` : label.slice(from, i));
    from = i;
  }
  return parts;
}
