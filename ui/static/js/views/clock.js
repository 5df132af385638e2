// The server's clock: what time it is there, and the buttons that move it.
import { openMessage } from '../actions.js';
import { count, due, exact, short, span } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow } from '../router.js';
import { clock, moving, now, real, set } from '../state/clock.js';
import { pipeline } from '../state/pipeline.js';
import { t } from '../strings.js';
import { Choice, Loading } from './parts.js';

const MINUTE = 60_000;
const STEPS = { '15m': 15, '4h': 240, '2d': 2880 };
const SPEEDS = [1, 60, 3600];

/** Unreal says in the top bar that time is not what it is elsewhere: nobody may be fooled by a moved clock. */
export const Unreal = () => !real.value && html`<${ClockButton} name="unreal" />`;

/** ClockButton opens the clock. */
export const ClockButton = ({ name }) => html`
  <button type="button" class=${name} popovertarget="clock" data-unreal=${real.value ? undefined : ''} title="${t.clock.hint} (c)">${icon('clock')}<span>${short(now.value)}</span> <span class="how">${how()}</span></button>`;

function how() {
  const { ahead, frozen, speed } = clock.value;
  return [
    Math.abs(ahead) >= 1000 && (ahead > 0 ? t.clock.ahead : t.clock.behind)(span(Math.abs(ahead))),
    frozen && t.clock.frozen,
    !frozen && speed !== 1 && t.clock.times(speed),
  ].filter(Boolean).join(' · ');
}

function Clock() {
  const { frozen, speed, nextDue } = clock.value, left = nextDue - now.value;
  const button = (text, change, name) => html`<button type="button" class="button" disabled=${Boolean(moving.value)} data-change=${name} onClick=${() => set(change)}>${text}</button>`;
  return html`
    <div class="clock-now">
      <p class="time">${exact(now.value)}</p>
      <p class="state" data-unreal=${real.value ? undefined : ''}>${how() || t.clock.real}</p>
      <p class="where">${nextDue ? html`${t.clock.nextDue} <span title=${exact(nextDue)}>${due(nextDue)}</span>` : t.clock.nothingDue}</p>
    </div>
    <div class="clock-set">
      ${Object.entries(STEPS).map(([advance, minutes]) => button(`+${span(minutes * MINUTE)}`, { advance }, advance))}
      ${left > 0 && button(t.clock.toNext, { advance: `${Math.ceil(left / 1000) + 1}s` }, 'next')}
      ${frozen ? button(t.queue.actions.thaw, { resume: true }, 'resume') : button(t.queue.actions.freeze, { freeze: true }, 'freeze')}
      <${Choice} label=${t.clock.speed} value=${speed} options=${SPEEDS.map((n) => [n, `${count(n)}×`])} onChange=${(speed) => set({ speed })} />
      ${moving.value && html`<${Loading} text=${html`${t.clock.running} <button type="button" class="link-button" onClick=${() => moving.value.abort()}>${t.actions.cancel}</button>`} />`}
    </div>`;
}

/** ClockPanel opens from each button whose popovertarget is "clock". */
export const ClockPanel = () => html`
  <div id="clock" popover role="dialog" autofocus tabindex="-1" aria-label=${t.places.clock}><${Clock} /><p class="where">${t.clock.hint}</p></div>`;

/** ClockRow is the clock beneath the picture, with what will fall due next. */
export function ClockRow() {
  const coming = pipeline.value?.coming.filter(({ frozen }) => !frozen).slice(0, 5) ?? [];
  return html`
    <section class="clock-row" aria-label=${t.places.clock}>
      <${Clock} />
      ${coming.length > 0 && html`<ul class="coming">${coming.map(({ at, hop, to, count: n, id }) => html`
        <li key=${at + hop}><time datetime=${at} title=${exact(at)}>${due(at)}</time>
          <a href=${address({ id: id.split('/')[0] })} onClick=${follow(() => openMessage(id))}>${t.list.others(to[0], n - 1)}</a> <code>${hop}</code></li>`)}</ul>`}
    </section>`;
}
