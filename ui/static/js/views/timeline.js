// What happened to each delivery of a message, from its receipt to its end.
import { useState } from 'preact/hooks';
import { exact, reply, when } from '../format.js';
import { html } from '../html.js';
import { address, follow, go } from '../router.js';
import { t } from '../strings.js';
import { StateChip } from './parts.js';

const SHOWN = 4; // deliveries shown before one asks for all

/** Timeline is nothing for mail that simply went into its mailboxes. */
export function Timeline({ message: { receivedAt, deliveries } }) {
  const [all, setAll] = useState(false);
  const told = deliveries.filter(({ state, trail = [] }) => state !== 'delivered' || trail.length);
  if (!told.length) return null;
  const shown = all ? told : told.slice(0, SHOWN);
  return html`
    <section class="timeline" aria-label=${t.timeline.title}>
      ${shown.map((one) => html`<${Track} key=${one.number} delivery=${one} receivedAt=${receivedAt} />`)}
      ${shown.length < told.length && html`<button type="button" class="link-button" onClick=${() => setAll(true)}>${t.message.moreRecipients(told.length - shown.length)}</button>`}
    </section>`;
}

function Track({ delivery: { rcpt, state, trail = [], next }, receivedAt }) {
  const steps = [{ at: receivedAt, did: 'received' }, ...trail];
  return html`
    <details class="track">
      <summary>
        <span class="rcpt">${rcpt}</span>
        <span class="steps">${gather(steps).map(({ did, at, n, reply: said }) => html`
          <span class="step" data-did=${did} title=${[exact(at), said && reply(said)].filter(Boolean).join(' · ')}>
            ${t.did[did] ?? did}${n > 1 && ` ×${n}`} <time datetime=${at}>${when(at)}</time>
          </span>`)}</span>
        <${StateChip} state=${state} />
      </summary>
      <ol>${steps.map((step) => html`<${Step} ...${step} />`)}</ol>
      ${next && html`<p class="where">${t.timeline.next(exact(next))}</p>`}
    </details>`;
}

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

const Step = ({ at, did, rule, host, reply: said, ref }) => html`
  <li data-did=${did}>
    <time datetime=${at}>${exact(at)}</time>
    <b>${t.did[did] ?? did}</b>
    ${host && html`<span class="where">${host}</span>`}
    ${said && html`<span class="reply" data-class=${String(said.code)[0]}>${reply(said)}</span>`}
    ${rule && html`<a class="where" href=${address({ view: 'rules' })} onClick=${follow(() => go({ view: 'rules' }))}>${t.timeline.rule(rule)}</a>`}
    ${ref && html`<${MessageLink} id=${ref} text=${did === 'released' ? t.timeline.original : t.timeline.report} />`}
  </li>`;

const MessageLink = ({ id, text }) => html`<a href=${address({ id })} onClick=${follow(() => go({ id }))}>${text}</a>`;

/** Origin leads from a report to the message that it is about. */
export function Origin({ session }) {
  const [, id] = (session?.protocol === 'REPORT' && /^\S+ ([0-9A-Z]{26}) [\d.]+$/.exec(session.id)) || [];
  return id ? html`<p class="origin">${t.timeline.about} <${MessageLink} id=${id} text=${t.timeline.original} /></p>` : null;
}
