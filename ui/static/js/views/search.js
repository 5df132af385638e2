// The search field, what is wrong with what stands in it, and its language.
import { html } from '../html.js';
import { icon } from '../icons.js';
import { asked } from '../state/feed.js';
import { clear, searchFor, text, type } from '../state/search.js';
import { t } from '../strings.js';
import { IconButton } from './parts.js';

export const focusSearch = () => document.getElementById('search').select();

export function Search() {
  const { q, problem } = asked.value;
  const wrong = q && problem;
  return html`
    <div class="filter search" role="search" data-wrong=${wrong ? '' : undefined}>
      ${icon('search')}
      <input id="search" type="text" inputmode="search" enterkeyhint="search" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="4096"
        placeholder=${t.search.placeholder} aria-label=${t.search.placeholder} aria-invalid=${Boolean(wrong)} aria-describedby="search-problem"
        value=${text.value} onInput=${({ target, isComposing }) => type(target.value, isComposing)}
        onCompositionEnd=${({ target }) => type(target.value)} onKeyDown=${onKeyDown} />
      ${text.value
        ? html`<${IconButton} name="close" label=${t.search.clear} onClick=${clearAndStay} />`
        : html`<kbd>/</kbd>`}
      <button type="button" class="icon-button" popovertarget="search-help" title=${t.search.help} aria-label=${t.search.help}>?</button>
      <p id="search-problem" role="alert" hidden=${!wrong}>${wrong && problem.message}</p>
      <${Help} />
    </div>`;
}

function onKeyDown(event) {
  if (event.isComposing) return;
  if (event.key === 'Enter') {
    searchFor(text.value);
    event.target.blur(); // the keys go to what was found
  } else if (event.key === 'Escape' && !document.querySelector(':popover-open')) {
    event.preventDefault();
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
