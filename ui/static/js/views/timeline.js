// What happened to each delivery of a message, from its receipt to its end.
import { exact, reply as written, title, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { opened } from '../state/reader.js';
import { t } from '../strings.js';
import { Link, Reply, Some, StateChip, signs } from './parts.js';

// How many deliveries show at first.
const SHOWN = 4;

/** Timeline has a track for each delivery that something happened to; mail that simply went into its mailboxes has one quiet line. */
export function Timeline({ message: { receivedAt, deliveries } }) {
  const received = { did: 'received', at: receivedAt };
  const told = deliveries.filter(({ state, trail }) => state !== 'delivered' || trail.length), quiet = deliveries.length - told.length;
  return html`
    <section class="timeline" aria-label=${t.timeline.title}>
      ${quiet > 0 && html`<p class="track steps"><${Mark} ...${received} /><${Mark} did="delivered" n=${quiet} /></p>`}
      <${Some} of=${told} most=${SHOWN} each=${(one) => html`<${Track} key=${one.number} ...${one} steps=${[received, ...one.trail]} />`} />
    </section>`;
}

/** why is what the last server that refused a delivery said, as long as it has not got through. */
const why = (state, steps) => !['delivered', 'relayed'].includes(state) && steps.findLast(({ reply }) => reply?.code >= 400)?.reply;

const Track = ({ rcpt, state, steps, next }) => html`
  <details class="track">
    <summary>
      <span class="rcpt">${rcpt}</span><span class="steps">${gather(steps).map((step) => html`<${Mark} ...${step} />`)}</span><${StateChip} state=${state} />
      <${Reply} reply=${why(state, steps)} />
    </summary>
    <ol>${steps.map((step) => html`<${Step} ...${step} />`)}</ol>
    ${next && html`<p class="where">${t.timeline.next(exact(next))}</p>`}
  </details>`;

const Did = ({ did }) => html`${icon(signs[did] ?? 'minus')}${t.did[did] ?? t.states[did] ?? did}`;

/** A step in short: sign, word, how often, and when. */
const Mark = ({ did, at, n, reply }) => html`
  <span class="step" data-did=${did} title=${reply && written(reply)}><${Did} did=${did} />${n > 1 && ` ×${n}`}${at && html` <time datetime=${at} title=${exact(at)}>${when(at)}</time>`}</span>`;

/** gather makes one step of those that repeat. */
function gather(steps) {
  const out = [];
  for (const step of steps) {
    const last = out.at(-1);
    if (last?.did === step.did) Object.assign(last, step, { n: last.n + 1 });
    else out.push({ ...step, n: 1 });
  }
  return out;
}

const Step = ({ at, did, rule, host, reply, ref }) => html`
  <li data-did=${did}>
    <time datetime=${at}>${exact(at)}</time>
    <b><${Did} did=${did} /></b>
    ${host && html`<span class="where">${host}</span>`}
    <${Reply} reply=${reply} />
    ${rule && html`<${Link} to=${{ view: 'rules' }} text=${t.timeline.rule(rule)} />`}
    ${ref && html`<${Link} to=${{ id: ref }} text=${did === 'released' ? t.timeline.original : t.timeline.report} />`}
  </li>`;

/** Related leads from a report to its message here, and back. One of Postroom's own has the message in its session. */
export function Related({ message: { session } }) {
  const { originals, reports } = opened.value;
  const about = session?.protocol === 'REPORT' ? [{ id: session.id.split(' ')[1], subject: t.timeline.original }] : originals;
  const line = (text, list) => list.map((one) => html`<p key=${one.id} class="origin">${icon('bounce')}${text} <${Link} to=${{ id: one.id }} text=${title(one)} /></p>`);
  return [line(t.mail.reportOn, about), line(t.mail.reportedBy, reports)];
}
