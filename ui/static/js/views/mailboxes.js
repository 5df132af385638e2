// The pane on the left: all mail, and a mailbox for each recipient.
import { signal } from '@preact/signals';
import { applies, pin } from '../commands.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { count } from '../format.js';
import { address, follow, go, route } from '../router.js';
import { density, pinned, room } from '../settings.js';
import { addresses, filter, fold, load, mailboxes, matching, tree } from '../state/mailboxes.js';
import { places } from '../state/places.js';
import { t } from '../strings.js';
import { Failure, Loading } from './parts.js';
import { Windowed } from './windowed.js';

export const Mailboxes = () => html`
  <nav class="boxes" aria-label=${t.mailboxes.title}>
    ${room.value === 'narrow' && html`<h1 class="unseen">${t.mailboxes.title}</h1>`}
    <${Filter} />
    <${Counted} to=${inside('')} name=${t.allMail} counts=${mailboxes.value.total} />
    <ul class="places">
      ${places.filter(applies).map(({ name, view, box, n = () => 0, more }) => html`
        <li key=${name}><${Entry} class="box place" to=${{ view, box }} sign=${name} label=${t.places[name]} title=${t.places.hints[name]} n=${n() > 0 && count(n()) + (more?.() ? '+' : '')} /></li>`)}
    </ul>
    <${Boxes} />
  </nav>`;

/** A row of the pane: a link to a place, or a button. */
function Entry({ to, sign, label, domain, unseen, n, ...rest }) {
  const { view, box } = route.value;
  const current = to && (to.view ? to.view === view : !view && (to.box ?? '') === box);
  return html`
    <${to ? 'a' : 'button'} class="box" href=${to && address(to)} aria-current=${current ? 'page' : undefined} onClick=${to && follow(() => go(to))} ...${rest}>
      ${sign && icon(sign)}<span class="name">${label}${domain && html`<span class="domain">${domain}</span>`}</span>
      ${unseen > 0 && html`<span class="unseen-count">${count(unseen)}</span>`}
      ${n && html`<span class="count">${n}</span>`}
    <//>`;
}

/** An entry with the counts {messages, unseen} of a mailbox, of a group, or of all mail. */
const Counted = ({ counts: { messages, unseen }, name, ...rest }) => html`
  <${Entry} unseen=${unseen} n=${count(messages)} title="${name} · ${t.mailboxes.count(messages, unseen)}" label=${name} ...${rest} />`;

/** inside is the place that a mailbox is; a search goes along. */
const inside = (box) => ({ box, q: route.value.q });

function Filter() {
  const onKeyDown = (event) => {
    const { key, target } = event, [first] = matching.value;
    if (key === 'Escape') filter.value = '';
    else if (key === 'Enter' && first) go(inside(first.address));
    else return;
    target.blur();
    event.stopPropagation();
  };
  return html`
    <label class="filter">
      ${icon('search')}
      <input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder=${t.commands.filter} aria-label=${t.commands.filter}
        value=${filter.value} onInput=${({ target }) => { filter.value = target.value; }} onKeyDown=${onKeyDown} />
      <kbd>f</kbd>
    </label>`;
}

function Boxes() {
  const { phase, problem } = mailboxes.value;
  if (phase === 'loading') return html`<${Loading} text=${t.mailboxes.title} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!matching.value.length) return html`<p class="hint">${addresses.value.length ? t.search.none : t.mailboxes.none}</p>`;
  return html`<${Tree} rows=${tree.value} />`;
}

/** cursor is the row that the arrow keys have come to. */
const cursor = signal('');

function Tree({ rows }) {
  // For fingers, or for a pointer.
  const rowHeight = room.value === 'narrow' ? 40 : density.value === 'compact' ? 24 : 28;
  const at = rows.findIndex(({ key }) => key === cursor.value);
  const onFocus = () => { if (at < 0) cursor.value = (rows.find(({ key }) => key === route.value.box) ?? rows[0]).key; };
  const onKeyDown = (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && steer(event.key, rows, at)) event.preventDefault();
  };
  return html`
    <${Windowed} items=${rows} first=${0} keyOf=${({ key }) => key} rowHeight=${rowHeight} follow=${cursor.value || route.value.box} class="tree"
      role="tree" tabindex="0" aria-label=${t.mailboxes.title} aria-activedescendant=${at < 0 ? undefined : `box-${at}`} onFocus=${onFocus} onKeyDown=${onKeyDown}>
      ${(row, i) => html`<${Item} row=${row} i=${i} />`}
    <//>`;
}

/** steer does what a key means in a tree; false when that is nothing. */
function steer(key, rows, at) {
  const row = rows[at], to = (i) => { cursor.value = rows[Math.min(rows.length - 1, Math.max(0, i))].key; };
  switch (key) {
    case 'ArrowDown': to(at + 1); break;
    case 'ArrowUp': to(at - 1); break;
    case 'Home': to(0); break;
    case 'End': to(rows.length - 1); break;
    case 'ArrowRight': row?.open ? to(at + 1) : row?.boxes && fold(row.domain, false); break;
    case 'ArrowLeft': row?.open ? fold(row.domain, true) : to(rows.findLastIndex(({ level }, i) => i <= at && level === 1)); break;
    case 'Enter': case ' ': if (row) row.boxes ? fold(row.domain, row.open) : go(inside(row.key)); break;
    case 'p': if (row && !row.boxes) pin(row.key); break;
    default: return false;
  }
  return true;
}

function Item({ row, i }) {
  const { key, level, at, of, boxes, open, domain } = row;
  const fixed = pinned.value.includes(key), split = key.includes('@') ? key.lastIndexOf('@') : key.length;
  return html`
    <div class="treeitem" role="treeitem" id="box-${i}" aria-level=${level} aria-posinset=${at} aria-setsize=${of} aria-expanded=${open} aria-selected=${!boxes && route.value.box === key} data-cursor=${cursor.value === key ? '' : undefined}>
      ${boxes
        ? html`<${Counted} class="box group" sign="chevron" name=${domain} counts=${row} tabindex="-1" onClick=${() => fold(domain, open)} />`
        : html`
          <${Counted} to=${inside(key)} class=${level === 2 ? 'box leaf' : 'box'} sign=${fixed && 'pin'} name=${key} label=${key.slice(0, split)} domain=${level === 1 && key.slice(split)} counts=${row} tabindex="-1" />
          <button type="button" class="pin" tabindex="-1" aria-hidden="true" aria-pressed=${fixed} title="${t.commands.pin} (p)" onClick=${() => pin(key)}>${icon('pin')}</button>`}
    </div>`;
}
