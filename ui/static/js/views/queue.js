// The queue: a picture of the mail's way, the clock, and beneath them where mail is
// waiting to go and when, and each delivery that waits.
import { useEffect, useRef, useState } from 'preact/hooks';
import { act, actOnSelected, cursor, openMessage } from '../actions.js';
import { count, counted, due, exact, span, tally, title } from '../format.js';
import { html } from '../html.js';
import { address, follow, route } from '../router.js';
import { now } from '../state/clock.js';
import { fail } from '../state/notices.js';
import { pipeline } from '../state/pipeline.js';
import { load, more, queue, select, selected, show } from '../state/queue.js';
import { t } from '../strings.js';
import { ClockRow } from './clock.js';
import { Picture } from './pipeline.js';
import { Failure, IconButton, Loading, QuietButton, Reply, StateChip, View } from './parts.js';


export function Queue() {
  const box = useRef(null), [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return html`
    <${View} name="queue">
      <div class="pipeline" ref=${box}>${width > 0 && pipeline.value && html`<${Picture} width=${width} />`}</div>
      <${ClockRow} />
      <h2 id="queue" tabindex="-1">${t.pipeline.relayed}</h2>
      <${Body} width=${width} />
    <//>`;
}

function Body({ width }) {
  const { phase, problem, hops, deliveries } = queue.value, coming = pipeline.value?.coming ?? [], place = axis(coming, width);
  if (phase === 'loading') return html`<${Loading} text=${t.places.queue} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!hops.length && !deliveries.length) return html`<div class="nothing"><p class="what">${t.queue.empty}</p><p>${t.queue.emptyHint}</p><code>route to=*@partner.test relay smtp://mail:2525</code></div>`;
  return html`
    <${Ticks} place=${place} width=${width} />
    <ul class="hops">${hops.map((hop) => html`
      <${Hop} key=${hop.name} hop=${hop} coming=${coming.filter((one) => one.hop === hop.name)} place=${place} />`)}</ul>
    <${Deliveries} />`;
}

/** Actions with their signs, in the order of the buttons. */
const signs = { retry: 'retry', freeze: 'pause', thaw: 'play', bounce: 'bounce', delete: 'trash' };

/** What stands still is let go before it is tried. */
const still = (action) => action !== 'retry' && action !== 'freeze', moves = (action) => action !== 'thaw';

const Actions = ({ of = () => true, as: Button = IconButton, run }) => html`
  <span class="buttons">${Object.keys(signs).filter(of).map((action) => html`
    <${Button} key=${action} name=${signs[action]} label=${t.queue.actions[action]} onClick=${() => run(action)} />`)}</span>`;

const Next = ({ at, text = due }) => at && html`<time datetime=${at} title=${exact(at)}>${text(at)}</time>`;

function Hop({ hop, coming, place }) {
  const { name, frozen, next, last } = hop, chosen = queue.value.hop === name;
  return html`
    <li class="hop" data-frozen=${frozen ? '' : undefined}>
      <button type="button" class="name" aria-pressed=${chosen} onClick=${() => show(chosen ? '' : name)}>${name}</button>
      <span class="numbers">
        <b>${tally(hop, ['waiting', 'held', 'active'])}</b>
        ${frozen ? html`<span class="frozen">${t.clock.frozen}</span>` : html`<${Next} at=${next} text=${(at) => t.pipeline.next(due(at))} />`}
        <${Reply} reply=${last} />
      </span>
      <${Actions} of=${frozen ? still : moves} run=${(action) => act(action, { hop: name })} />
      ${coming.length > 0 && html`<${Lane} coming=${coming} place=${place} />`}
    </li>`;
}

function Deliveries() {
  const { deliveries, next } = queue.value, ids = deliveries.map(({ id }) => id), n = selected.value.length;
  const showMore = () => more().catch(fail);
  return html`
    <div class="selection">
      <label title=${t.commands.selectAll}><input type="checkbox" checked=${n > 0 && n === ids.length} indeterminate=${n > 0 && n < ids.length} onChange=${({ target }) => select(ids, target.checked)} />
        ${n ? counted('selected', n) : t.queue.deliveries(ids.length)}${!n && next && '+'}</label>
      ${n > 0 && html`<${Actions} as=${QuietButton} run=${actOnSelected} />`}
    </div>
    <ul>${deliveries.map((one) => html`<${Delivery} key=${one.id} ...${one} />`)}</ul>
    ${next && html`<p class="hint"><button type="button" class="button" onClick=${showMore}>${t.actions.more}</button></p>`}`;
}

function Delivery({ id, message, delivery: { rcpt, state, next, route: way, trail } }) {
  const tries = trail.filter(({ did }) => did === 'deferred').length;
  return html`
    <li class="delivery" data-cursor=${cursor.value === id ? '' : undefined} data-open=${route.value.id === message.id ? '' : undefined}>
      <input type="checkbox" checked=${selected.value.includes(id)} aria-label=${rcpt} onChange=${({ target }) => select([id], target.checked)} />
      <a class="what" href=${address({ id: message.id })} onClick=${follow(() => openMessage(id))}><b>${rcpt}</b> <span class="subject">${title(message)}</span></a>
      <span class="numbers">
        <${StateChip} state=${state} />
        <${Next} at=${next} />
        ${tries > 0 && html`<span>${t.did.deferred} ${count(tries)}×</span>`}
        <code>${way}</code>
      </span>
      <${Actions} of=${state === 'held' ? still : moves} run=${(action) => act(action, { ids: [id] })} />
      <${Reply} reply=${trail.findLast((step) => step.reply)?.reply} />
    </li>`;
}

const MINUTE = 60_000, FINE = 15 * MINUTE; // the first quarter of an hour is as wide as the next two
const TICKS = [5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 5760, 10080, 20160, 43200];
const APART = 64, TOUCHING = 20; // pixels between ticks, and under which marks are one

const shift = (x) => ({ transform: `translateX(${x}px)` });

/** axis gives times their place in a width, which has room for all that is coming. */
function axis(coming, width) {
  const last = Math.max(60 * MINUTE, Date.parse(coming.at(-1)?.at) - now.value || 0);
  return (time) => Math.round((width - 24) * Math.log1p(Math.max(0, time - now.value) / FINE) / Math.log1p(last / FINE));
}

function Ticks({ place, width }) {
  const ticks = [{ x: 0, text: t.time.now }];
  for (const minutes of TICKS) {
    const length = minutes * MINUTE, x = place(now.value + length);
    if (x - ticks.at(-1).x >= APART && x <= width - APART) ticks.push({ x, text: span(length) });
  }
  return html`<div class="ticks" aria-hidden="true">${ticks.map(({ x, text }) => html`<span key=${text} style=${shift(x)}>${text}</span>`)}</div>`;
}

function Lane({ coming, place }) {
  const marks = [];
  for (const one of coming) {
    const x = place(Date.parse(one.at)), last = marks.at(-1);
    if (!last || x - last.x >= TOUCHING) marks.push({ ...one, x });
    else Object.assign(last, { count: last.count + one.count, to: last.to.concat(one.to).slice(0, 3) });
  }
  return html`<ul class="lane">${marks.map((one) => html`<${Mark} key=${one.at} ...${one} />`)}</ul>`;
}

/** Mark is what falls due at about one time; it leads to the message, or to all that waits for the hop. */
function Mark({ at, hop, x, count, to, id, frozen }) {
  const what = `${due(at)}, ${exact(at)}: ${t.list.others(to.join(', '), count - to.length)}`;
  return html`
    <li style=${shift(x)}>
      <button type="button" data-frozen=${frozen ? '' : undefined} title=${what} aria-label="${count}, ${what}" onClick=${() => (count > 1 ? show(hop) : openMessage(id))}>${count > 1 && count}</button>
    </li>`;
}
