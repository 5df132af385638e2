// The time axis of the coming tries: now at the left, and a mark where deliveries fall due.
import { openMessage } from '../actions.js';
import { due, exact, span } from '../format.js';
import { html } from '../html.js';
import { now } from '../state/clock.js';
import { show } from '../state/queue.js';
import { t } from '../strings.js';

const MINUTE = 60_000, FINE = 15 * MINUTE; // the first quarter of an hour is as wide as the next two
const TICKS = [5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 5760, 10080, 20160, 43200];
const APART = 64, TOUCHING = 20; // pixels between ticks, and under which marks are one

const at = (x) => ({ transform: `translateX(${x}px)` });

/** axis gives times their place in a width, which has room for all that is coming. */
export function axis(coming, width) {
  const last = Math.max(60 * MINUTE, Date.parse(coming.at(-1)?.at) - now.value || 0);
  return (time) => Math.round((width - 24) * Math.log1p(Math.max(0, time - now.value) / FINE) / Math.log1p(last / FINE));
}

export function Ticks({ place, width }) {
  let end = 0;
  const apart = TICKS.map((minutes) => [minutes * MINUTE, place(now.value + minutes * MINUTE)]).filter(([, x]) => x >= end + APART && x <= width - APART && (end = x));
  return html`<div class="ticks" aria-hidden="true"><span>${t.time.now}</span>${apart.map(([length, x]) => html`<span key=${length} style=${at(x)}>${span(length)}</span>`)}</div>`;
}

export function Lane({ coming, place, width }) {
  const marks = [];
  for (const one of coming) {
    const x = place(Date.parse(one.at)), last = marks.at(-1);
    if (!last || x - last.x >= TOUCHING) marks.push({ ...one, x, right: x > width / 2 });
    else Object.assign(last, { count: last.count + one.count, to: last.to.concat(one.to).slice(0, 3) });
  }
  return html`<ul class="lane">${marks.map((one) => html`<${Mark} key=${one.at} ...${one} />`)}</ul>`;
}

/** Mark is what falls due at about one time; it leads to the message, or to all that waits for the hop. */
const Mark = ({ at: time, hop, x, right, count, to, id, frozen }) => html`
  <li style=${at(x)} data-frozen=${frozen ? '' : undefined}>
    <button type="button" onClick=${() => (count > 1 ? show(hop) : openMessage(id))}>
      ${count > 1 && count} <span class="tip" data-right=${right ? '' : undefined}><b>${due(time)}</b> ${exact(time)} ${frozen && t.clock.frozen} ${t.list.others(to.join(', '), count - to.length)}</span>
    </button>
  </li>`;
