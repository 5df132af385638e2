// The time axis of the coming tries: now at the left, and a mark where deliveries fall due.
import { openMessage } from '../actions.js';
import { due, exact, span } from '../format.js';
import { html } from '../html.js';
import { now } from '../state/clock.js';
import { show } from '../state/queue.js';
import { t } from '../strings.js';

const MINUTE = 60_000, FINE = 15 * MINUTE; // the first quarter of an hour is as wide as the next two
const TICKS = [5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 5760, 10080, 20160, 43200].map((minutes) => minutes * MINUTE);
const APART = 64, TOUCHING = 20; // pixels between ticks, and under which marks are one

/** axis is the scale for what is to come; ticks are {x, length}. */
export function axis(coming, width) {
  const last = Math.max(60 * MINUTE, ...coming.map(({ at }) => Date.parse(at) - now.value));
  const to = (length) => Math.round((width - 24) * Math.log1p(Math.max(0, length) / FINE) / Math.log1p(last / FINE));
  const ticks = [];
  for (const length of TICKS) {
    const x = to(length);
    if (x <= width - APART && x - (ticks.at(-1)?.x ?? 0) >= APART) ticks.push({ x, length });
  }
  return { width, to: (at) => to(Date.parse(at) - now.value), ticks };
}

export const Ticks = ({ ticks }) => html`
  <div class="ticks" aria-hidden="true"><span>${t.time.now}</span>${ticks.map(({ x, length }) => html`
    <span key=${length} style=${{ transform: `translateX(${x}px)` }} title=${exact(now.value + length)}>${span(length)}</span>`)}</div>`;

export function Lane({ coming, scale }) {
  return html`
    <div class="lane">
      <div class="grid" aria-hidden="true">${scale.ticks.map(({ x, length }) => html`<i key=${length} style=${{ transform: `translateX(${x}px)` }}></i>`)}</div>
      <ul aria-label=${t.pipeline.tries}>${clusters(coming, scale).map((one) => html`<${Mark} key=${one.at} width=${scale.width} ...${one} />`)}</ul>
    </div>`;
}

/** clusters makes one of what would touch. */
function clusters(coming, scale) {
  const list = [];
  for (const { at, hop, count, to, id, frozen } of coming) {
    const x = scale.to(at), last = list.at(-1);
    if (!last || x - last.x >= TOUCHING) list.push({ at, until: at, hop, x, count, to, id, frozen });
    else Object.assign(last, { count: last.count + count, until: at, to: last.to.concat(to).slice(0, 3) });
  }
  return list;
}

export const whom = (to, count) => t.list.others(to.join(', '), count - to.length);

function Mark({ at, until, hop, x, count, to, id, frozen, width }) {
  const tip = width < 560 ? { left: `${12 - x}px` } : x > width / 2 ? { right: '0' } : { left: '0' };
  const when = at === until ? exact(at) : `${exact(at)} – ${exact(until)}`;
  const onClick = () => (count === 1 ? openMessage(id) : show(hop));
  return html`
    <li style=${{ transform: `translateX(${x}px)` }} data-frozen=${frozen ? '' : undefined}>
      <button type="button" data-many=${count > 1 ? '' : undefined} aria-label="${whom(to, count)}: ${due(at)}, ${when}${frozen ? `, ${t.queue.frozen}` : ''}" onClick=${onClick}>
        ${count > 1 && count}
        <span class="tip" style=${tip} aria-hidden="true"><b>${due(at)}</b> ${when}${frozen ? ` · ${t.queue.frozen}` : ''}<br />${whom(to, count)}</span>
      </button>
    </li>`;
}
