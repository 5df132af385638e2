// The palette: everything that can be done or gone to, found by a few letters.
import { useMemo, useState } from 'preact/hooks';
import { openMessage } from '../actions.js';
import { applies, commands, words } from '../commands.js';
import { rank } from '../fuzzy.js';
import { sender, title } from '../format.js';
import { html } from '../html.js';
import { go, route } from '../router.js';
import { pinned } from '../settings.js';
import { feed } from '../state/feed.js';
import { addresses, mailboxes } from '../state/mailboxes.js';
import { searches, searchFor } from '../state/search.js';
import { info } from '../store.js';
import { t } from '../strings.js';
import { Combobox } from './combobox.js';
import { Key } from './keys.js';

const SHOWN = 50;

const doable = () => commands.filter((one) => !one.quiet && applies(one)).map((one) => ({
  kind: one.place === 'go' ? 'place' : 'command', label: words(one), keys: one.keys[0], run: () => one.run(one.keys[0]), bonus: 1.5,
}));
const box = (address) => ({ kind: 'mailbox', label: address, run: () => go({ box: address, q: route.value.q }) });
const search = (q) => ({ kind: 'search', label: q, run: () => searchFor(q) });
const mails = () => feed.value.rows.slice(0, 200).map((row) => ({
  kind: 'message', label: title(row), aside: sender(row), run: () => openMessage(row.id), bonus: -1,
}));

/** entries are what fits, the best first; and when nothing was typed what one wants most. */
function entries(text) {
  if (!text) return [...searches.value.slice(0, 3).map(search), ...pinned.value.map(box), ...doable()];
  const all = [...doable(), ...addresses.value.map(({ address }) => box(address)), ...searches.value.map(search), ...mails()];
  return [...rank(text, all, SHOWN), { ...search(text), label: `${t.search.placeholder}: ${text}` }];
}

export function Palette({ close }) {
  const [text, setText] = useState('');
  const options = useMemo(() => entries(text.trim()), [text, mailboxes.value.phase, feed.value.phase, info.value]);
  const choose = ({ run }) => {
    close();
    // The closing dialog gives the focus back first.
    setTimeout(run);
  };
  return html`
    <h2 id="dialog-title" class="unseen">${t.commands.palette}</h2>
    <${Combobox} id="palette" label=${t.palette.hint} sign="command" options=${options} first=${0} choose=${choose} row=${Entry}
      autofocus value=${text} onInput=${({ target }) => setText(target.value)} />`;
}

const Entry = (one) => html`
  <span class="kind">${t.palette.kinds[one.kind]}</span>
  <span class="label">${one.label}${one.aside && html` <span class="kind">${one.aside}</span>`}</span>
  ${one.keys && html`<span class="press"><${Key} keys=${one.keys} /></span>`}`;
