// The pipeline: a picture of the mail's way, the clock, and beneath them the queue:
// where mail is waiting to go and when, and each delivery that waits.
import { act, actOnSelected, cursor, openMessage } from '../actions.js';
import { due, exact } from '../format.js';
import { html } from '../html.js';
import { address, follow, go, route } from '../router.js';
import { room } from '../settings.js';
import { fail } from '../state/notices.js';
import { pipeline } from '../state/pipeline.js';
import { load, more, queue, select, selected, show } from '../state/queue.js';
import { t } from '../strings.js';
import { axis, Lane, Ticks } from './axis.js';
import { ClockRow } from './clock.js';
import { Picture, useWidth } from './pipeline.js';
import { Failure, IconButton, Loading, QuietButton, Reply, StateChip } from './parts.js';

/** Actions with their signs, in the order of the buttons. */
const signs = { retry: 'retry', freeze: 'pause', thaw: 'play', bounce: 'bounce', reroute: 'relay', delete: 'trash' };

/** What makes no sense for a delivery in a state: what is held is let go before it is tried. */
const isFor = (state) => (action) => (state === 'held' ? action !== 'freeze' && action !== 'retry' : action !== 'thaw');

export function Queue() {
  return html`
    <section class="list view queue" aria-label=${t.pipeline.title}>
      <${ViewHead} title=${t.pipeline.title} />
      <div class="view-body"><${Picture} /><${ClockRow} /><${Body} /></div>
    </section>`;
}

/** ViewHead is the head of a view that takes the place of the list. */
export const ViewHead = ({ title, children }) => html`
  <header class="pane-head">
    ${room.value === 'narrow' && html`<${IconButton} name="back" label=${t.actions.mailboxes} onClick=${() => go({ view: route.value.view, pane: 'boxes' })} />`}
    <h1>${title}</h1>
    ${children}
  </header>`;

function Body() {
  const { phase, problem, hops, deliveries } = queue.value;
  if (phase === 'loading') return html`<${Loading} text=${t.queue.loading} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!hops.length && !deliveries.length) return html`<${Empty} />`;
  return html`
    <${Hops} hops=${hops} />
    <${Deliveries} />`;
}

function Hops({ hops }) {
  const [ref, width] = useWidth(), coming = pipeline.value?.coming ?? [], scale = axis(coming, width);
  return html`
    <h2 id="queue" tabindex="-1">${t.places.queue}</h2>
    <div class="axis" ref=${ref}><${Ticks} ticks=${scale.ticks} /></div>
    <ul class="hops" aria-label=${t.queue.hops}>${hops.map((hop) => html`
      <${Hop} key=${hop.name} hop=${hop} coming=${coming.filter((one) => one.hop === hop.name)} scale=${scale} />`)}</ul>`;
}

const Empty = () => html`
  <div class="nothing" id="queue" tabindex="-1">
    <p class="what">${t.queue.empty}</p>
    <p>${t.queue.emptyHint}</p>
    <p><code>route to=*@partner.test relay smtp://mail:2525</code></p>
    <a class="button" href=${address({ view: 'rules' })} onClick=${follow(() => go({ view: 'rules' }))}>${t.places.rules}</a>
  </div>`;

function Hop({ hop: { name, waiting, held, active, frozen, next, last }, coming, scale }) {
  const chosen = queue.value.hop === name;
  const actions = ['retry', frozen ? 'thaw' : 'freeze', 'bounce', 'reroute', 'delete'];
  return html`
    <li class="hop" data-frozen=${frozen ? '' : undefined}>
      <button type="button" class="name" aria-pressed=${chosen} title=${t.queue.onlyHop} onClick=${() => show(chosen ? '' : name)}>${name}</button>
      <span class="numbers">
        <b>${t.queue.waiting(waiting)}</b>
        ${held > 0 && html`<span>${t.queue.held(held)}${held === waiting && ` · ${t.pipeline.held}`}</span>`}
        ${active > 0 && html`<span>${t.queue.active(active)}</span>`}
        ${frozen ? html`<span class="frozen">${t.pipeline.frozen}</span>` : next && html`<time datetime=${next} title=${exact(next)}>${t.queue.next(due(next))}</time>`}
        <${Reply} reply=${last} />
      </span>
      <span class="buttons">${actions.map((action) => html`
        <${IconButton} key=${action} name=${signs[action]} label=${t.queue.actions[action]} onClick=${() => act(action, { hop: name })} />`)}</span>
      ${coming.length > 0 && html`<${Lane} coming=${coming} scale=${scale} />`}
    </li>`;
}

function Deliveries() {
  const { deliveries, next } = queue.value, ids = deliveries.map(({ id }) => id), n = selected.value.length;
  const showMore = () => more().catch(fail);
  return html`
    <div class="selection">
      <label><input type="checkbox" checked=${n > 0 && n === ids.length} indeterminate=${n > 0 && n < ids.length} disabled=${!ids.length}
        aria-label=${t.queue.selectAll} onChange=${({ target }) => select(ids, target.checked)} />
        ${n ? t.queue.selected(n) : t.queue.deliveries(ids.length, Boolean(next))}</label>
      ${n > 0 && html`<span class="buttons">${Object.keys(signs).map((action) => html`
        <${QuietButton} key=${action} name=${signs[action]} label=${t.queue.actions[action]} onClick=${() => actOnSelected(action)} />`)}</span>`}
    </div>
    <ul class="deliveries" aria-label=${t.places.queue}>${deliveries.map((one) => html`<${Delivery} key=${one.id} id=${one.id} message=${one.message} delivery=${one.delivery} />`)}</ul>
    ${next && html`<p class="hint"><button type="button" class="button" onClick=${showMore}>${t.actions.more}</button></p>`}`;
}

function Delivery({ id, message, delivery: { rcpt, state, next, route: way, trail } }) {
  const tries = trail.filter(({ did }) => did === 'deferred').length, last = trail.findLast((step) => step.reply)?.reply;
  const open = route.value.id === message.id;
  return html`
    <li class="delivery" data-cursor=${cursor.value === id ? '' : undefined} data-open=${open ? '' : undefined}>
      <input type="checkbox" checked=${selected.value.includes(id)} aria-label=${t.queue.select(rcpt)} onChange=${({ target }) => select([id], target.checked)} />
      <a class="what" href=${address({ id: message.id })} onClick=${follow(() => openMessage(id))}><b>${rcpt}</b> <span class="subject">${message.subject || t.noSubject}</span></a>
      <span class="numbers">
        <${StateChip} state=${state} />
        ${next && html`<time datetime=${next} title=${exact(next)}>${due(next)}</time>`}
        ${tries > 0 && html`<span>${t.queue.tries(tries)}</span>`}
        <span class="way">${way}</span>
      </span>
      <span class="buttons">${Object.keys(signs).filter(isFor(state)).map((action) => html`
        <${IconButton} key=${action} name=${signs[action]} label=${t.queue.actions[action]} onClick=${() => act(action, { ids: [id] })} />`)}</span>
      <${Reply} reply=${last} />
    </li>`;
}
