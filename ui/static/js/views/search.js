// The search field, what may complete it, and what is wrong with what stands in it.
import { effect, signal, untracked } from '@preact/signals';
import { suggest } from '../complete.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { asked, feed } from '../state/feed.js';
import { addresses, mailboxes } from '../state/mailboxes.js';
import { clear, searches, searchFor, text, type } from '../state/search.js';
import { t } from '../strings.js';
import { Combobox } from './combobox.js';
import { IconButton } from './parts.js';

const field = () => document.getElementById('search');

export const focusSearch = () => field().select();

/** offered is what may complete the query. */
const offered = signal([]);

let wanted = false;

function withdraw() {
  wanted = false;
  offered.value = [];
}

function offer() {
  wanted = true;
  const senders = feed.value.rows.map(({ from: [author], envelope }) => author?.address || envelope.from).filter(Boolean);
  const mailboxes = addresses.value.map(({ address }) => address);
  const options = suggest(text.value, field().selectionStart, { senders: [...new Set(senders)], mailboxes, searches: searches.value });
  if (JSON.stringify(options) !== JSON.stringify(offered.value)) offered.value = options; // or else the chosen one stays
}

// Senders and mailboxes may come while one types.
effect(() => {
  feed.value.phase;
  mailboxes.value.phase;
  if (wanted) untracked(offer);
});

function accept({ text: query, caret }) {
  if (caret === undefined) {
    withdraw();
    return searchFor(query);
  }
  const input = field();
  input.value = query;
  input.setSelectionRange(caret, caret);
  type(query);
  offer();
}

export function Search() {
  const { q, problem } = asked.value, { value: options } = offered;
  const wrong = Boolean(q && problem && !options.length);
  return html`
    <div class="search" role="search" data-wrong=${wrong ? '' : undefined}>
      <${Combobox} id="search" label=${t.search.placeholder} sign="search" options=${options} choose=${accept} row=${Offer}
        aria-invalid=${wrong} aria-describedby="search-problem"
        value=${text.value} onInput=${onInput} onCompositionEnd=${onInput} onKeyDown=${onKeyDown} onFocus=${offer} onBlur=${withdraw}>
        ${text.value
          ? html`<${IconButton} name="close" label=${t.search.clear} onClick=${clearAndStay} />`
          : html`<kbd>/</kbd>`}
      <//>
      <p id="search-problem" role="alert" hidden=${!wrong}>${wrong && problem.message}</p>
    </div>`;
}

const Offer = (one) => html`
  ${one.caret === undefined && icon('clock')}
  <code>${one.label}</code>
  <span class="label kind">${t.search.operators[one.operator]}</span>`;

function onInput({ target, isComposing, type: event }) {
  const composing = event === 'input' && isComposing;
  type(target.value, composing);
  if (!composing) offer();
}

function onKeyDown(event) {
  if (event.key === 'ArrowDown') {
    offer();
  } else if (event.key === 'Enter') {
    searchFor(text.value);
    // The keys go to what was found.
    event.target.blur();
  } else if (event.key === 'Escape') {
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

/** What to try when nothing was found, or when the question was not understood. */
export const Examples = () => html`
  <p>${t.search.teach}</p>
  <p class="examples">
    ${t.search.examples.map((query) => html`<button type="button" class="link-button" onClick=${() => searchFor(query)}><code>${query}</code></button>`)}
  </p>`;
