// The server's clock: what time it is there, and the buttons that move it.
import { openMessage } from '../actions.js';
import { count, exact, short, span, due } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow } from '../router.js';
import { clock, moving, now, real, set } from '../state/clock.js';
import { pipeline } from '../state/pipeline.js';
import { t } from '../strings.js';
import { whom } from './axis.js';
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

export function how() {
  const { ahead, frozen, speed } = clock.value;
  return [
    Math.abs(ahead) >= 1000 && (ahead > 0 ? t.clock.ahead : t.clock.behind)(span(Math.abs(ahead))),
    frozen && t.clock.frozen,
    !frozen && speed !== 1 && t.clock.times(speed),
  ].filter(Boolean);
}

function Steps({ focus }) {
  const { nextDue } = clock.value, busy = Boolean(moving.value), left = nextDue === null ? 0 : nextDue - now.value;
  return html`
    <div class="buttons">
      ${STEPS.map(([advance, length], i) => html`
        <button key=${advance} type="button" class="button" disabled=${busy} autofocus=${focus && i === 0} data-advance=${advance} onClick=${() => set({ advance })}>+${span(length)}</button>`)}
      ${left > 0 && html`<button type="button" class="button next" disabled=${busy} onClick=${() => set({ advance: `${Math.ceil(left / 1000) + 1}s` })}>${t.clock.toNext}</button>`}
    </div>`;
}

function Pace() {
  const { frozen, speed } = clock.value;
  return html`
    <div class="buttons">
      <button type="button" class="button freeze" disabled=${Boolean(moving.value)} onClick=${() => set(frozen ? { resume: true } : { freeze: true })}>
        ${frozen ? t.clock.resume : t.clock.freeze}
      </button>
      <${Choice} label=${t.clock.speed} value=${speed} options=${SPEEDS.map((n) => [n, `${count(n)}×`])} onChange=${(n) => set({ speed: n })} />
    </div>`;
}

const Time = () => html`
  <p class="time">${exact(now.value)}</p>
  <p class="state" data-unreal=${real.value ? undefined : ''}>${how().join(' · ') || t.clock.real}</p>`;

const Running = () => moving.value && html`
  <p class="running" role="status"><span class="bar"></span>${t.clock.running}
    <button type="button" class="link-button" onClick=${() => moving.value.abort()}>${t.actions.cancel}</button></p>`;

function Next() {
  const { nextDue } = clock.value;
  return html`<p class="where">${nextDue === null ? t.clock.nothingDue : html`${t.clock.nextDue} <span title=${exact(nextDue)}>${due(nextDue)}</span>`}</p>`;
}

/** ClockPanel opens from each button whose popovertarget is "clock". */
export const ClockPanel = () => html`
  <section id="clock" popover aria-label=${t.places.clock}>
    <${Time} /><${Next} /><${Steps} focus /><${Pace} /><${Running} />
    <p class="where">${t.clock.hint}</p>
  </section>`;

/** ClockRow is the clock in the pipeline, with what will fall due next. */
export function ClockRow() {
  const coming = (pipeline.value?.coming ?? []).filter(({ frozen }) => !frozen).slice(0, 5);
  return html`
    <section class="clock-row" aria-label=${t.places.clock} data-unreal=${real.value ? undefined : ''}>
      <div class="clock-now">${icon('clock')}<div><${Time} /></div></div>
      <div class="clock-set"><${Steps} /><${Pace} /><${Running} /></div>
      <div class="coming"><${Next} />
        ${coming.length > 0 && html`<ol aria-label=${t.clock.nextDue}>${coming.map(({ at, hop, to, count: n, id }) => html`
          <li key=${at + hop}><time datetime=${at} title=${exact(at)}>${due(at)}</time>
            <a href=${address({ id: id.split('/')[0] })} onClick=${follow(() => openMessage(id))}>${whom(to.slice(0, 1), n)}</a> <span class="way">${hop}</span></li>`)}</ol>`}
      </div>
    </section>`;
}
