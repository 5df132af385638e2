// The search field, what is wrong with what stands in it, and its language.
import { signal } from '@preact/signals';
import { suggest } from '../complete.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { asked, feed } from '../state/feed.js';
import { addresses } from '../state/mailboxes.js';
import { forget, searches } from '../state/recent.js';
import { clear, searchFor, text, type } from '../state/search.js';
import { t } from '../strings.js';
import { IconButton } from './parts.js';

const field = () => document.getElementById('search');

export const focusSearch = () => field().select();

const known = {
  senders: () => [...new Set(feed.value.rows.flatMap(({ from, envelope }) => [from[0]?.address, envelope.from]).filter(Boolean))],
  mailboxes: () => addresses.value.map(({ address }) => address),
  get searches() { return searches.value; },
};

const NOTHING = { options: [], at: -1 };

/** offered is what may complete the query, and which of it the arrows have chosen: -1 is none of it. */
const offered = signal(NOTHING);

const offer = () => { offered.value = { ...suggest(text.value, field().selectionStart, known), at: -1 }; };
const withdraw = () => { offered.value = NOTHING; };

function accept({ kind, text: value }) {
  const { from, to } = offered.value;
  if (kind === 'search') {
    withdraw();
    return searchFor(value);
  }
  const input = field(), before = text.value.slice(0, from) + value;
  input.value = before + text.value.slice(to).trimStart();
  input.setSelectionRange(before.length, before.length);
  type(input.value);
  offer();
}

export function Search() {
  const { q, problem } = asked.value, { options, at } = offered.value;
  const wrong = q && problem && !options.length;
  return html`
    <div class="filter search" role="search" data-wrong=${wrong ? '' : undefined}>
      ${icon('search')}
      <input id="search" type="text" inputmode="search" enterkeyhint="search" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="4096"
        role="combobox" aria-autocomplete="list" aria-expanded=${options.length > 0} aria-controls="search-options" aria-activedescendant=${at < 0 ? undefined : `search-option-${at}`}
        placeholder=${t.search.placeholder} aria-label=${t.search.placeholder} aria-invalid=${Boolean(wrong)} aria-describedby="search-problem"
        value=${text.value} onInput=${onInput} onCompositionEnd=${onInput} onKeyDown=${onKeyDown} onFocus=${offer} onBlur=${withdraw} />
      ${text.value
        ? html`<${IconButton} name="close" label=${t.search.clear} onClick=${clearAndStay} />`
        : html`<kbd>/</kbd>`}
      <button type="button" class="icon-button" popovertarget="search-help" title=${t.search.help} aria-label=${t.search.help}>?</button>
      <p id="search-problem" role="alert" hidden=${!wrong}>${wrong && problem.message}</p>
      <ul id="search-options" class="options" role="listbox" aria-label=${t.search.offers} hidden=${!options.length}>
        ${options.map((one, i) => html`<${Offer} key=${one.kind + one.name} one=${one} i=${i} at=${at} />`)}
      </ul>
      <${Help} />
    </div>`;
}

const meaning = (name) => t.search.language.find(([terms]) => terms.some((term) => term.startsWith(name + ':')))?.[1];

/** The field keeps the focus while one points at what it offers. */
function Offer({ one, i, at }) {
  const onPointerDown = (event) => {
    event.preventDefault();
    if (!event.target.closest('.forget')) return accept(one);
    forget(one.name);
    offer();
  };
  return html`
    <li id="search-option-${i}" role="option" aria-selected=${i === at} onPointerDown=${onPointerDown}>
      ${one.kind === 'search' && icon('clock')}
      <code>${one.kind === 'operator' ? one.text : one.name}</code>
      <span class="hint">${one.kind === 'operator' && meaning(one.name)}</span>
      ${one.kind === 'search' && html`<span class="forget" title="${t.search.forget} (Shift+Delete)">${icon('close')}</span>`}
    </li>`;
}

function onInput({ target, isComposing, type: event }) {
  const composing = event === 'input' && isComposing;
  type(target.value, composing);
  if (!composing) offer();
}

function onKeyDown(event) {
  if (event.isComposing) return;
  const { options, at } = offered.value, chosen = options[at];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !options.length) {
    offer();
  } else if (step) {
    offered.value = { ...offered.value, at: at + step < -1 ? options.length - 1 : at + step >= options.length ? -1 : at + step };
  } else if (event.key === 'Enter' && chosen) {
    accept(chosen);
  } else if (event.key === 'Delete' && event.shiftKey && chosen?.kind === 'search') {
    forget(chosen.name);
    offer();
  } else if (event.key === 'Escape' && chosen) {
    withdraw();
  } else {
    return onPlainKey(event);
  }
  event.preventDefault();
}

function onPlainKey(event) {
  if (event.key === 'Enter') {
    searchFor(text.value);
    event.target.blur(); // the keys go to what was found
  } else if (event.key === 'Escape' && !document.querySelector(':popover-open')) {
    event.preventDefault();
    withdraw();
    if (text.value) clear();
    else event.target.blur();
  }
}

function clearAndStay() {
  clear();
  focusSearch();
}

const Help = () => html`
  <div id="search-help" popover>
    <table>
      <caption>${t.search.help}</caption>
      <tbody>
        ${t.search.language.map(([terms, meaning]) => html`
          <tr><th scope="row">${terms.map((term) => html`<code>${term}</code> `)}</th><td>${meaning}</td></tr>`)}
      </tbody>
    </table>
  </div>`;

/** What to try when nothing was found, or when the question was not understood. */
export const Examples = () => html`
  <p>${t.search.teach}</p>
  <p class="examples">
    ${t.search.examples.map((query) => html`<button type="button" class="link-button" onClick=${() => searchFor(query)}><code>${query}</code></button>`)}
  </p>`;
