// The strip at the foot: is it live, how much comes and is there, what waits, what time it is.
import { html } from '../html.js';
import { bytes, count, counted, due } from '../format.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { clock } from '../state/clock.js';
import { boxOf, mailboxes, QUEUE } from '../state/mailboxes.js';
import { rules } from '../state/rules.js';
import { link, rates } from '../store.js';
import { t } from '../strings.js';
import { ClockButton } from './clock.js';

export function StatusStrip() {
  const { total } = mailboxes.value, { list } = rules.value, { nextDue } = clock.value, n = boxOf(QUEUE)?.messages ?? 0;
  return html`
    <footer class="status">
      <span class="link" data-state=${link.value} role="status"><i></i>${t.status[link.value]}</span>
      <${Rate} />
      <span class="space"></span>
      <${To} place=${{}} name="stored">${t.status.messages(total.messages)} <span>${counted('unread', total.unseen)}</span> ${bytes(total.bytes)}<//>
      <${To} place=${{ view: 'rules' }} name="active-rules">${t.status.rules(list.length)} <span>${count(list.reduce((sum, { applied }) => sum + applied, 0))}×</span><//>
      <${To} place=${{ view: 'queue' }} name="depth">${icon('queue')}${counted('queued', n)} ${n > 0 && nextDue > 0 && html`<span>${t.pipeline.next(due(nextDue))}</span>`}<//>
      <${ClockButton} name="strip-clock" />
    </footer>`;
}

const To = ({ place, name, title, children }) => html`<a class=${name} href=${address(place)} title=${title} onClick=${follow(() => go(place))}>${children}</a>`;

const TALL = 14; // pixels

function Rate() {
  const all = rates.value, most = Math.max(4, ...all);
  return html`
    <${To} place=${{}} name="rate" title=${t.status.rateHint}>
      <svg width=${all.length} height=${TALL} aria-hidden="true"><polyline points=${all.map((n, x) => `${x},${TALL - 0.5 - Math.round(n / most * (TALL - 2))}`).join(' ')} /></svg>${count(all.at(-1))}/s
    <//>`;
}
