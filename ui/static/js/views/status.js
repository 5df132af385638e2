// The strip at the foot: is it live, how much comes and is there, what waits, what time it is.
import { html } from '../html.js';
import { bytes, count, due, short } from '../format.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { clock, now, real } from '../state/clock.js';
import { boxOf, mailboxes, QUEUE } from '../state/mailboxes.js';
import { rules } from '../state/rules.js';
import { caughtUp, info, link, rates } from '../store.js';
import { t } from '../strings.js';
import { how } from './clock.js';

export function StatusStrip() {
  const state = link.value;
  return html`
    <footer class="status">
      <span class="link" data-state=${state} role="status" title=${t.status[`${state}Hint`]}><i></i>${t.status[state]}<${CaughtUp} /></span>
      <${Rate} />
      <span class="space"></span>
      <${Store} /><${Rules} /><${Queue} /><${Time} />
      ${info.value?.version && html`<span class="version">${info.value.version}</span>`}
    </footer>`;
}

const To = ({ place, class: name, title, children }) => html`
  <a class=${name} href=${address(place)} title=${title} onClick=${follow(() => go(place))}>${children}</a>`;

const CaughtUp = () => caughtUp.value && html`<span class="caught-up">· ${caughtUp.value.lagged ? t.status.lagged : t.status.caughtUp(caughtUp.value.n)}</span>`;

const TALL = 14, STEP = 1; // pixels

function Rate() {
  const all = rates.value, most = Math.max(...all), last = all.at(-1);
  const points = all.map((n, i) => `${i * STEP},${TALL - 0.5 - Math.round(n / Math.max(most, 4) * (TALL - 2))}`).join(' ');
  return html`
    <${To} place=${{}} class="rate" title=${t.status.rateHint(most)}>
      <svg width=${all.length * STEP} height=${TALL} aria-hidden="true"><polyline points=${points} /></svg>${t.status.rate(last)}
    <//>`;
}

function Store() {
  const { total, phase } = mailboxes.value;
  if (phase !== 'ready') return null;
  return html`
    <${To} place=${{}} class="stored" title=${t.status.storeHint}>
      <span>${t.status.messages(total.messages)}</span><span class="unread">${t.status.unread(total.unseen)}</span><span>${bytes(total.bytes)}</span>
    <//>`;
}

function Rules() {
  const { phase, list } = rules.value;
  if (phase !== 'ready') return null;
  return html`
    <${To} place=${{ view: 'rules' }} class="active-rules" title=${t.status.rulesHint}>
      ${t.status.rules(list.length)}${list.length > 0 && html`<span>${count(list.reduce((sum, { applied }) => sum + applied, 0))}×</span>`}
    <//>`;
}

function Queue() {
  const n = boxOf(QUEUE)?.messages ?? 0, { nextDue } = clock.value;
  return html`
    <${To} place=${{ view: 'queue' }} class="depth" title=${t.status.queueHint}>
      ${icon('queue')}${t.status.queue(n)}${n > 0 && nextDue !== null && html`<span>${t.pipeline.next(due(nextDue))}</span>`}
    <//>`;
}

const Time = () => html`
  <button type="button" class="strip-clock" popovertarget="clock" data-unreal=${real.value ? undefined : ''} title="${t.clock.hint} (c)">
    ${icon('clock')}${short(now.value)}${!real.value && html`<span>${how().join(' · ')}</span>`}
  </button>`;
