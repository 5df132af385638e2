// Two messages side by side, with what differs marked.
import { useEffect, useState } from 'preact/hooks';
import { htmlURL, message } from '../api.js';
import { inTurns, rows } from '../diff.js';
import { exact, title } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go, leave, route } from '../router.js';
import { stored } from '../settings.js';
import { cancel, compare, first } from '../state/compare.js';
import { t } from '../strings.js';
import { Choice, Failure, IconButton, Loading } from './parts.js';

// Equal lines shown around what differs.
const AROUND = 3;
// Lines in the document before one asks for more.
const SHOWN = 1000;

const TABS = ['preview', 'difference', 'text', 'source', 'headers'];

const shown = stored('compare', TABS[0]);

const sides = {
  text: ({ text }) => (text ?? '').split(/\r?\n/),
  // Some write it all on one line.
  source: (message) => (message.html ?? '').split(/\r?\n|(?<=>)[ \t]*(?=<)/),
  headers: ({ headers }) => headers.map(({ name, value }) => `${name}: ${value}`),
};

export function Compare() {
  const { sub } = route.value, [{ list, problem }, show] = useState({});
  const load = () => {
    const { a, b } = Object.fromEntries(new URLSearchParams(sub)), showHere = (found) => route.value.sub === sub && show(found);
    show({});
    Promise.all([message(a), message(b)]).then((list) => showHere({ list }), (problem) => showHere({ problem }));
  };
  useEffect(load, [sub]);
  return html`
    <section class="list view compare" aria-label=${t.compare.title} aria-busy=${!list && !problem}>
      <header class="pane-head">
        <${IconButton} name="back" label="${t.actions.back} (Escape)" onClick=${() => leave()} />
        <h1>${t.compare.title}</h1>
      </header>
      ${list ? html`<${Both} list=${list} />`
        : problem ? html`<${Failure} problem=${problem} retry=${load} />`
        : html`<${Loading} text=${t.message.loading} />`}
    </section>`;
}

function Both({ list }) {
  const { value: tab } = shown;
  return html`
    <div class="bar">
      <${Choice} label=${t.compare.title} options=${TABS.map((one) => [one, t.message.tabs[one] ?? t.compare.difference])} value=${tab} onChange=${(one) => { shown.value = one; }} />
      ${tab === 'difference' && html`<span class="where">${t.compare.hint}</span>`}
    </div>
    <div class="two heads">${list.map(Head)}</div>
    ${!sides[tab] ? html`<${Rendered} list=${list} over=${tab === 'difference'} />`
      : list.every((message) => message[tab] === null) ? html`<p class="hint">${t.message.noText}</p>`
      : html`<${Lines} key=${tab + list.map(({ id }) => id)} list=${list} of=${sides[tab]} />`}`;
}

const Head = ({ id, receivedAt, ...message }) => html`
  <p><a href=${address({ id })} onClick=${follow(() => go({ id }))}>${title(message)}</a> <time datetime=${receivedAt}>${exact(receivedAt)}</time></p>`;

/** The mails as they look. Frames tell nothing of their height: both are tall, and are scrolled together by what they are in. */
const Rendered = ({ list, over }) => html`
  <div class="rendered" tabindex="0" role="group" aria-label=${t.message.tabs.preview}>
    <div class=${over ? 'over' : 'two'}>
      ${list.map(({ id, html: source }, i) => (source === null
        ? html`<p class="hint">${t.message.noHtml}</p>`
        : html`<iframe key=${id} src=${htmlURL(id)} title="${t.message.htmlFrame} ${i + 1}" sandbox="" referrerpolicy="no-referrer"></iframe>`))}
    </div>
  </div>`;

function Lines({ list, of }) {
  const [lines, setLines] = useState(null);
  const [whole, setWhole] = useState(false);
  const [limit, setLimit] = useState(SHOWN);
  useEffect(() => {
    const stop = new AbortController();
    inTurns(rows(...list.map(of)), stop.signal).then(setLines);
    return () => stop.abort();
  }, []);
  if (!lines) return html`<${Loading} text=${t.compare.title} />`;
  const differing = lines.filter(({ same }) => !same).length;
  const isNear = (i) => whole || lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ same }) => !same);
  const near = [...lines.keys()].filter(isNear).concat(lines.length), some = near.slice(0, limit);
  const fold = (n) => html`
    <div role="row" class="fold"><div role="cell"><button type="button" class="link-button" onClick=${() => setWhole(true)}>${t.compare.equal(n)}</button></div></div>`;
  return html`
    <p class="bar" role="status">${differing ? t.compare.differing(differing) : t.compare.same}</p>
    <div class="lines" role="table" aria-label=${t.compare.title} tabindex="0">
      ${some.map((at, i) => {
        const gap = at - (some[i - 1] ?? -1) - 1;
        return [gap > 0 && fold(gap), at < lines.length && html`<${Row} key=${at} ...${lines[at]} />`];
      })}
    </div>
    ${near.length > limit && html`<p class="bar"><button type="button" class="link-button" onClick=${() => setLimit(limit + SHOWN)}>${t.actions.more}</button></p>`}`;
}

function Row({ same, a, b, left, right }) {
  const side = (at, pieces, kind) => html`
    <div role="cell" class=${at < 0 ? 'none' : !same && kind}>
      <i>${at >= 0 && at + 1}</i><code>${pieces.map(([differs, text]) => (differs ? html`<mark>${text}</mark>` : text))}</code>
    </div>`;
  return html`<div role="row" class=${same && 'same'}>${side(a, left, 'gone')}${side(b, right, 'come')}</div>`;
}

/** What to do for the second message, once the first was chosen. */
export function Picking() {
  const { id, like } = first.value ?? {};
  return html`
    <div class="picking" role="status">
      ${id && html`
        <p>${icon('compare')} <span>${t.compare.pick(title(first.value))}</span></p>
        <p class="buttons">
          ${like && html`<button type="button" class="button primary" title=${exact(like.receivedAt)} onClick=${() => { cancel(); compare([id, like.id]); }}>${t.compare.like}</button>`}
          <button type="button" class="button" onClick=${cancel}>${t.actions.cancel}</button>
        </p>`}
    </div>`;
}
