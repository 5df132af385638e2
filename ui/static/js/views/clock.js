// The server's clock: what time it is there, and the buttons that move it.
import { count, exact, short, span, due } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { clock, moving, now, real, set } from '../state/clock.js';
import { t } from '../strings.js';
import { Choice } from './parts.js';

const MINUTE = 60_000;
const STEPS = [['15m', 15 * MINUTE], ['4h', 240 * MINUTE], ['2d', 2880 * MINUTE]];
const SPEEDS = [1, 60, 3600];

/** Unreal says in the top bar that time is not what it is elsewhere: nobody may be fooled by a moved clock. */
export function Unreal() {
  if (real.value) return null;
  return html`
    <button type="button" class="unreal" popovertarget="clock" title=${how().join(', ')}>
      ${icon('clock')}<span>${short(now.value)}</span><span class="how">${how().join(' · ')}</span>
    </button>`;
}

function how() {
  const { ahead, frozen, speed } = clock.value;
  return [
    Math.abs(ahead) >= 1000 && (ahead > 0 ? t.clock.ahead : t.clock.behind)(span(Math.abs(ahead))),
    frozen && t.clock.frozen,
    !frozen && speed !== 1 && t.clock.times(speed),
  ].filter(Boolean);
}

/** ClockPanel opens from each button whose popovertarget is "clock". */
export function ClockPanel() {
  const { frozen, speed, nextDue } = clock.value, busy = Boolean(moving.value);
  const left = nextDue === null ? 0 : nextDue - now.value;
  return html`
    <section id="clock" popover aria-label=${t.places.clock}>
      <p class="time">${exact(now.value)}</p>
      <p class="state" data-unreal=${real.value ? undefined : ''}>${how().join(' · ') || t.clock.real}</p>
      <p class="where">${nextDue === null ? t.clock.nothingDue : html`${t.clock.nextDue} <span title=${exact(nextDue)}>${due(nextDue)}</span>`}</p>
      <div class="buttons">
        ${STEPS.map(([advance, length], i) => html`
          <button key=${advance} type="button" class="button" disabled=${busy} autofocus=${i === 0} data-advance=${advance} onClick=${() => set({ advance })}>+${span(length)}</button>`)}
        ${left > 0 && html`<button type="button" class="button" disabled=${busy} onClick=${() => set({ advance: `${Math.ceil(left / 1000) + 1}s` })}>${t.clock.toNext}</button>`}
      </div>
      <div class="buttons">
        <button type="button" class="button freeze" disabled=${busy} onClick=${() => set(frozen ? { resume: true } : { freeze: true })}>
          ${frozen ? t.clock.resume : t.clock.freeze}
        </button>
        <${Choice} label=${t.clock.speed} value=${speed} options=${SPEEDS.map((n) => [n, `${count(n)}×`])} onChange=${(n) => set({ speed: n })} />
      </div>
      ${busy && html`
        <p class="running" role="status"><span class="bar"></span>${t.clock.running}
          <button type="button" class="link-button" onClick=${() => moving.value.abort()}>${t.actions.cancel}</button></p>`}
      <p class="where">${t.clock.hint}</p>
    </section>`;
}
