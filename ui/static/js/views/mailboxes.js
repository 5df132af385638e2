// The pane on the left: all mail, and a mailbox for each recipient.
import { signal } from '@preact/signals';
import { applies, pin } from '../commands.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { count, short, span } from '../format.js';
import { address, follow, go, route } from '../router.js';
import { density, pinned, room } from '../settings.js';
import { clock, now, real } from '../state/clock.js';
import { addresses, filter, fold, load, mailboxes, matching, tree } from '../state/mailboxes.js';
import { places } from '../state/places.js';
import { t } from '../strings.js';
import { Failure, Loading } from './parts.js';
import { Windowed } from './windowed.js';

export function Mailboxes() {
  return html`
    <nav class="boxes" aria-label=${t.mailboxes.title}>
      <${Filter} />
      <${Box} name="" box=${mailboxes.value.total} label=${t.allMail} />
      <${Places} />
      <${Boxes} />
      <${ClockButton} />
    </nav>`;
}

/** What is beside the mailboxes of recipients. */
const Places = () => html`
  <ul class="places">
    ${places.filter(applies).map(({ name, view, box, n = () => 0, more }) => html`
      <${Place} key=${name} view=${view} box=${box} name=${name} label=${t.places[name]} n=${n()} more=${more?.()} />`)}
  </ul>`;

function Place({ view = '', box = '', name, label, n = 0, more }) {
  const { view: shown, box: inside } = route.value;
  const current = view ? shown === view : !shown && inside === box;
  return html`
    <li><a class="box place" href=${address({ view, box })} title=${t.places.hints[name]} aria-current=${current ? 'page' : undefined} onClick=${follow(() => go({ view, box }))}>
      ${icon(name)}<span class="name">${label}</span>
      ${n > 0 && html`<span class="count">${count(n)}${more && '+'}</span>`}
    </a></li>`;
}

function ClockButton() {
  const { ahead, frozen, speed } = clock.value;
  const how = real.value ? short(now.value) : frozen ? t.clock.frozen : speed !== 1 ? t.clock.times(speed) : (ahead < 0 ? '−' : '+') + span(Math.abs(ahead));
  return html`
    <button type="button" class="box place clock-button" data-unreal=${real.value ? undefined : ''} popovertarget="clock" title="${t.clock.hint} (c)">
      ${icon('clock')}<span class="name">${t.places.clock}</span><span class="count">${how}</span>
    </button>`;
}

function Filter() {
  const onKeyDown = (event) => {
    if (event.key === 'Escape') {
      filter.value = '';
      event.target.blur();
      event.stopPropagation();
    } else if (event.key === 'Enter' && matching.value.length) {
      go({ box: matching.value[0].address, q: route.value.q });
      event.target.blur();
    }
  };
  return html`
    <label class="filter">
      ${icon('search')}
      <input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder=${t.mailboxes.filter} aria-label=${t.mailboxes.filter}
        value=${filter.value} onInput=${(event) => { filter.value = event.target.value; }} onKeyDown=${onKeyDown} />
      <kbd>f</kbd>
    </label>`;
}

function Boxes() {
  const { phase, problem } = mailboxes.value;
  if (phase === 'loading') return html`<${Loading} text=${t.mailboxes.title} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!addresses.value.length) return html`<p class="hint">${t.mailboxes.none}</p>`;
  if (!matching.value.length) return html`<p class="hint">${t.mailboxes.noMatch(filter.value)}</p>`;
  return html`<${Tree} rows=${tree.value} />`;
}

/** cursor is the row that the arrow keys have come to. */
const cursor = signal('');

function Tree({ rows }) {
  const rowHeight = room.value === 'narrow' ? 40 : density.value === 'compact' ? 24 : 28; // for fingers, or for a pointer
  const at = rows.findIndex(({ key }) => key === cursor.value);
  const onFocus = () => { if (at < 0) cursor.value = rows.some(({ key }) => key === route.value.box) ? route.value.box : rows[0].key; };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !steer(event.key, rows, at)) return;
    event.preventDefault();
  };
  return html`
    <${Windowed} items=${rows} keyOf=${({ key }) => key} rowHeight=${rowHeight} follow=${cursor.value || route.value.box} class="tree"
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
    case 'ArrowRight': row?.open ? to(at + 1) : row?.domain !== undefined && fold(row.domain, false); break;
    case 'ArrowLeft': row?.open ? fold(row.domain, true) : to(rows.findLastIndex(({ level }, i) => i <= at && level === 1)); break;
    case 'Enter': case ' ': if (row) show(row); break;
    case 'p': if (row?.box) pin(row.key); break;
    default: return false;
  }
  return true;
}

const show = ({ box, domain, open }) => (box ? go({ box: box.address, q: route.value.q }) : fold(domain, open));

function Item({ row, i }) {
  const { level, box, domain, open, messages, unseen, at, of, key } = row;
  const fixed = box && pinned.value.includes(key);
  const label = box ? key : domain || t.mailboxes.noDomain;
  return html`
    <div class="treeitem" role="treeitem" id="box-${i}" aria-level=${level} aria-posinset=${at} aria-setsize=${of} aria-expanded=${open} aria-selected=${Boolean(box) && route.value.box === key} data-cursor=${cursor.value === key ? '' : undefined}>
      ${box
        ? html`
          <${Box} name=${key} box=${box} label=${key} short=${level === 2} tabindex="-1" star=${fixed} />
          <button type="button" class="pin" tabindex="-1" aria-hidden="true" aria-pressed=${Boolean(fixed)} title="${t.mailboxes.pin[fixed ? 'no' : 'yes']} (p)" onClick=${() => pin(key)}>${icon('pin')}</button>`
        : html`
          <button type="button" class="box group" tabindex="-1" title="${label} · ${t.mailboxes.count(messages, unseen)}" onClick=${() => fold(domain, open)}>
            ${icon('chevron')}<span class="name">${label}</span>
            ${unseen > 0 && html`<span class="unseen-count">${count(unseen)}</span>`}
            <span class="count">${count(messages)}</span>
          </button>`}
    </div>`;
}

function Box({ name, box, label, short: local, star, tabindex }) {
  const at = label === name ? label.lastIndexOf('@') : -1, domain = at > 0 ? label.slice(at) : '';
  const { box: shown, view, q } = route.value; // a search goes along
  const current = !view && shown === name;
  return html`
    <a class=${local ? 'box leaf' : 'box'} href=${address({ box: name, q })} tabindex=${tabindex} aria-current=${current ? 'page' : undefined} data-unread=${box.unseen > 0 ? '' : undefined} data-empty=${box.messages ? undefined : ''}
      title="${label} · ${t.mailboxes.count(box.messages, box.unseen)}" onClick=${follow(() => go({ box: name, q }))}>
      ${star && icon('pin')}
      <span class="name">${label.slice(0, label.length - domain.length)}${!local && html`<span class="domain">${domain}</span>`}</span>
      ${box.unseen > 0 && html`<span class="unseen-count">${count(box.unseen)}</span>`}
      <span class="count">${count(box.messages)}</span>
    </a>`;
}
