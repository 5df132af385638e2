// Two messages side by side, with what differs marked.
import { useEffect, useState } from 'preact/hooks';
import { htmlURL } from '../api.js';
import { inTurns, rows } from '../diff.js';
import { exact } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go, leave, route } from '../router.js';
import { stored } from '../settings.js';
import { both, cancel, compare, first, load } from '../state/compare.js';
import { t } from '../strings.js';
import { Choice, CopyButton, Failure, IconButton, Loading } from './parts.js';

const FOLD = 8;      // equal lines that are shown before they are folded
const AROUND = 3;    // equal lines shown around what differs
const SHOWN = 1000;  // lines in the document before one asks for more
const LONGEST = 2e6; // characters of a side that are compared

const shown = stored('compare', 'rendered');
const width = stored('compareWidth', 'full'), overlay = stored('compareOverlay', false);

const lines = (text) => (text ?? '').slice(0, LONGEST).split(/\r?\n/);
const sides = {
  text: ({ text }) => lines(text),
  html: (message) => (message.html ?? '').slice(0, LONGEST).split(/\r?\n|(?<=>)[ \t]*(?=<)/), // some write it all on one line
  headers: ({ headers }) => headers.map(({ name, value }) => `${name}: ${value}`),
};

export function Compare() {
  const { a, b } = route.value;
  useEffect(() => { load(); }, [a, b]);
  const { phase, problem } = both.value;
  return html`
    <section class="list view compare" aria-label=${t.compare.title} aria-busy=${phase === 'loading'}>
      <header class="pane-head">
        <${IconButton} name="back" label="${t.actions.back} (Escape)" onClick=${leave} />
        <h1>${t.compare.title}</h1>
        <${IconButton} name="swap" label=${t.compare.swap} onClick=${() => go({ view: 'compare', a: b, b: a }, { replace: true })} />
        <${CopyButton} text=${location.href} />
      </header>
      ${phase === 'loading' && html`<${Loading} text=${t.message.loading} />`}
      ${phase === 'failed' && html`<${Failure} problem=${problem} retry=${load} />`}
      ${phase === 'ready' && html`<${Both} ...${both.value} />`}
    </section>`;
}

function Both({ a, b }) {
  const { value: tab } = shown;
  return html`
    <div class="bar compare-bar">
      <${Choice} label=${t.compare.what} options=${Object.entries(t.compare.tabs)} value=${tab} onChange=${(one) => { shown.value = one; }} />
      ${tab === 'rendered' && html`
        <${Choice} label=${t.compare.how} options=${[[false, t.compare.beside], [true, t.compare.overlay]]} value=${overlay.value} onChange=${(on) => { overlay.value = on; }} />
        <${Choice} label=${t.compare.width} options=${Object.entries(t.compare.widths)} value=${width.value} onChange=${(one) => { width.value = one; }} />
        ${overlay.value && html`<span class="where">${t.compare.overlayHint}</span>`}`}
    </div>
    <div class="two heads"><${Head} message=${a} /><${Head} message=${b} /></div>
    ${tab === 'rendered' ? html`<${Rendered} a=${a} b=${b} />`
      : tab === 'text' && a.text === null && b.text === null ? html`<p class="hint">${t.message.noText}</p>`
      : html`<${Lines} key=${tab + a.id + b.id} a=${a} b=${b} of=${sides[tab]} />`}`;
}

const Head = ({ message: { id, subject, receivedAt } }) => html`
  <p><a href=${address({ id })} onClick=${follow(() => go({ id }))}>${subject || t.noSubject}</a> <time datetime=${receivedAt}>${exact(receivedAt)}</time></p>`;

/** The mails as they look. Frames tell nothing of their height: both are tall, and are scrolled together by what they are in. */
function Rendered({ a, b }) {
  const frame = ({ id, html: source }, side) => (source === null
    ? html`<p class="hint">${t.message.noHtml}</p>`
    : html`<iframe key=${id} src=${htmlURL(id)} title="${t.message.htmlFrame}: ${side}" sandbox="" referrerpolicy="no-referrer"></iframe>`);
  return html`
    <div class="rendered" tabindex="0" role="group" aria-label=${t.compare.tabs.rendered}>
      <div class=${overlay.value ? 'over' : 'two'} data-width=${width.value}>${frame(a, 'A')}${frame(b, 'B')}</div>
    </div>`;
}

function Lines({ a, b, of }) {
  const [compared, setCompared] = useState(null);
  useEffect(() => {
    const stop = new AbortController(), from = of(a), to = of(b);
    inTurns(rows(from, to), stop.signal).then((list) => setCompared({ from, to, parts: folds(list), differing: list.filter(({ same }) => !same).length }), () => {});
    return () => stop.abort();
  }, [a, b]);
  if (!compared) return html`<${Loading} text=${t.compare.comparing} />`;
  return html`<${Compared} ...${compared} />`;
}

/** folds are stretches of rows, those of many equal ones to be opened. */
function folds(list) {
  const parts = [];
  for (let i = 0; i < list.length;) {
    let end = i;
    while (end < list.length && Boolean(list[end].same) === Boolean(list[i].same)) end++;
    const before = i ? AROUND : 0, after = end < list.length ? AROUND : 0;
    if (list[i].same && end - i > FOLD + before + after) {
      parts.push({ rows: list.slice(i, i + before) }, { rows: list.slice(i + before, end - after), folded: true }, { rows: list.slice(end - after, end) });
    } else {
      parts.push({ rows: list.slice(i, end) });
    }
    i = end;
  }
  return parts;
}

function Compared({ from, to, parts, differing }) {
  const [open, setOpen] = useState([]);
  const [limit, setLimit] = useState(SHOWN);
  let left = limit;
  const take = (list) => {
    const some = list.slice(0, left);
    left -= some.length;
    return some;
  };
  return html`
    <p class="bar" role="status">${differing ? t.compare.differing(differing) : t.compare.same}</p>
    <div class="lines" role="table" aria-label=${t.compare.title} tabindex="0">
      ${parts.map(({ rows: list, folded }, i) => left > 0 && (folded && !open.includes(i)
        ? html`<div role="row" class="fold" key="fold-${i}"><div role="cell"><button type="button" class="link-button" onClick=${() => setOpen([...open, i])}>${icon('chevron')}${t.compare.equal(list.length)}</button></div></div>`
        : take(list).map((row) => html`<${Row} key="${row.a},${row.b}" row=${row} from=${from} to=${to} />`)))}
    </div>
    ${left <= 0 && html`<p class="bar"><button type="button" class="link-button" onClick=${() => setLimit(limit + SHOWN)}>${t.actions.more}</button></p>`}`;
}

function Row({ row: { same, a, b, left, right }, from, to }) {
  const side = (at, pieces, text, kind) => html`
    <div role="cell" class=${pieces ? kind : ''} data-none=${at < 0 ? '' : undefined}>
      <i>${at < 0 ? '' : at + 1}</i><code>${pieces ? pieces.map(([differs, piece]) => (differs ? html`<mark>${piece}</mark>` : piece)) : text}</code>
    </div>`;
  return html`<div role="row" data-same=${same ? '' : undefined}>${side(a, left, same && from[a], 'gone')}${side(b, right, same && to[b], 'come')}</div>`;
}

/** What to do for the second message, once the first was chosen. */
export function Picking() {
  const { value: one } = first;
  return html`
    <div class="picking" role="status">
      ${one && html`
        <p>${icon('swap')} <span>${t.compare.pick(one.subject || t.noSubject)}</span></p>
        <p class="buttons">
          ${one.like && html`<button type="button" class="button primary" title=${exact(one.like.receivedAt)} onClick=${() => { cancel(); compare(one.id, one.like.id); }}>${t.compare.like}</button>`}
          <button type="button" class="button" onClick=${cancel}>${t.actions.cancel}</button>
        </p>`}
    </div>`;
}
