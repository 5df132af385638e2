// What happened to each delivery of a message, from its receipt to its end.
import { useState } from 'preact/hooks';
import { exact, reply, took, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { foundIn } from '../state/found.js';
import { t } from '../strings.js';
import { StateChip } from './parts.js';

const SHOWN = 4; // deliveries shown before one asks for all

/** Timeline has a track for each delivery that something happened to; mail that simply went into its mailboxes has one quiet line. */
export function Timeline({ message }) {
  const { receivedAt, deliveries } = message;
  const [all, setAll] = useState(false);
  const told = deliveries.filter(({ state, trail = [] }) => state !== 'delivered' || trail.length);
  const shown = all ? told : told.slice(0, SHOWN);
  return html`
    <section class="timeline" aria-label=${t.timeline.title}>
      ${told.length < deliveries.length && html`<${Quiet} message=${message} delivered=${deliveries.length - told.length} />`}
      ${shown.map((one) => html`<${Track} key=${one.number} delivery=${one} receivedAt=${receivedAt} />`)}
      ${shown.length < told.length && html`<button type="button" class="link-button" onClick=${() => setAll(true)}>${t.message.moreRecipients(told.length - shown.length)}</button>`}
    </section>`;
}

function Quiet({ message: { receivedAt, session }, delivered }) {
  const lasted = session ? new Date(receivedAt) - new Date(session.startedAt) : -1;
  return html`
    <p class="track steps">
      <${Mark} did="received" at=${receivedAt} /><${Mark} did="delivered" text=${t.mail.delivered(delivered)} />
      ${lasted >= 0 && lasted < 3_600_000 && html`<span class="where" title=${t.mail.took}>${took(lasted)}</span>`}
    </p>`;
}

function Track({ delivery: { rcpt, state, trail = [], next }, receivedAt }) {
  const steps = [{ at: receivedAt, did: 'received' }, ...trail], last = steps.at(-1);
  const lasted = new Date(last.at) - new Date(receivedAt);
  return html`
    <details class="track">
      <summary>
        <span class="rcpt">${rcpt}</span>
        <span class="steps">${gather(steps).map((step) => html`<${Mark} ...${step} />`)}</span>
        <${StateChip} state=${state} />
      </summary>
      <ol>${steps.map((step) => html`<${Step} ...${step} />`)}</ol>
      ${next ? html`<p class="where">${t.timeline.next(exact(next))}</p>` : lasted > 0 && html`<p class="where">${t.mail.inAll(took(lasted))}</p>`}
    </details>`;
}

const signs = {
  received: 'inbox', delivered: 'check', kept: 'check', queued: 'clock', held: 'pause', thawed: 'play', retried: 'retry', rerouted: 'rules', deferred: 'retry', relayed: 'relay',
  failed: 'attempts', expired: 'clock', bounced: 'bounce', warned: 'warning', released: 'relay', lost: 'close', refused: 'attempts', discarded: 'close',
};

/** A step in short: sign, word, time, and how often. */
const Mark = ({ did, at, n = 1, reply: said, text }) => html`
  <span class="step" data-did=${did} title=${[at && exact(at), said && reply(said)].filter(Boolean).join(' · ') || undefined}>
    ${icon(signs[did] ?? 'minus')}${text ?? t.did[did] ?? did}${n > 1 && ` ×${n}`}${at && html` <time datetime=${at}>${when(at)}</time>`}
  </span>`;

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
    <b>${icon(signs[did] ?? 'minus')}${t.did[did] ?? did}</b>
    ${host && html`<span class="where">${host}</span>`}
    ${said && html`<span class="reply" data-class=${String(said.code)[0]}>${reply(said)}</span>`}
    ${rule && html`<a class="where" href=${address({ view: 'rules' })} onClick=${follow(() => go({ view: 'rules' }))}>${t.timeline.rule(rule)}</a>`}
    ${ref && html`<${MessageLink} id=${ref} text=${did === 'released' ? t.timeline.original : t.timeline.report} />`}
  </li>`;

const MessageLink = ({ id, text }) => html`<a href=${address({ id })} onClick=${follow(() => go({ id }))}>${text}</a>`;

const aboutOf = (session) => (session?.protocol === 'REPORT' && /^\S+ ([0-9A-Z]{26}) [\d.]+$/.exec(session.id)?.[1]) || '';

/** Origin leads from a report of ours to the message that it is about. */
export function Origin({ session }) {
  const id = aboutOf(session);
  return id ? html`<p class="origin">${icon('bounce')}${t.timeline.about} <${MessageLink} id=${id} text=${t.timeline.original} /></p>` : null;
}

/** Related leads from a report that came from elsewhere to its message here, and back; what Origin and the trail say is not said again. */
export function Related({ message }) {
  const { originals, reports } = foundIn(message), told = new Set([aboutOf(message.session)]);
  for (const { trail = [] } of message.deliveries) for (const { ref } of trail) told.add(ref);
  const line = (text, list) => list.filter(({ id }) => !told.has(id)).map(({ id, subject }) => html`
    <p key=${id} class="origin">${icon('bounce')}${text} <${MessageLink} id=${id} text=${subject || t.noSubject} /></p>`);
  return [line(t.mail.reportOn, originals), line(t.mail.reportedBy, reports)];
}
