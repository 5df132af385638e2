// The pane in the middle: the messages of a mailbox, newest first, live.
import { useEffect } from 'preact/hooks';
import { askToEmpty, cursor, markAllSeen, openMessage, requeue } from '../actions.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { exact, reply, sender, when } from '../format.js';
import { address, follow, go, route } from '../router.js';
import { room } from '../settings.js';
import { asked, feed, hold, load, more, release, seenIn, waiting } from '../state/feed.js';
import { BADMAIL, boxOf, DONE, mailboxes } from '../state/mailboxes.js';
import { t } from '../strings.js';
import { Failure, IconButton, Loading, StateChip } from './parts.js';
import { Examples } from './search.js';
import { Welcome } from './welcome.js';
import { Windowed } from './windowed.js';

const ROW = 52;

export function List() {
  return html`
    <section class="list" aria-label=${t.list.title} onPointerEnter=${leaveFrame}>
      <${Head} />
      ${asked.value.running && feed.value.phase === 'ready' && html`<i class="progress" role="progressbar" aria-label=${t.search.running}></i>`}
      <${Pill} />
      <${Rows} />
    </section>`;
}

/** leaveFrame takes the keyboard back from a mail that was clicked into. */
function leaveFrame() {
  if (document.activeElement?.tagName === 'IFRAME') document.activeElement.blur();
}

/** Mailboxes that are no recipient's have names in the reader's language. */
export const nameOf = (box) => ({ '': t.allMail, [BADMAIL]: t.places.badmail, [DONE]: t.places.done })[box] ?? box;

function Head() {
  const { box, q } = route.value;
  const { messages = 0, unseen = 0 } = (box ? boxOf(box) : mailboxes.value.total) ?? {};
  return html`
    <header class="pane-head">
      ${room.value === 'narrow' && html`<${IconButton} name="back" label=${t.actions.mailboxes} onClick=${() => go({ box, q, pane: 'boxes' })} />`}
      <h1 title=${nameOf(box)}>${feed.value.rows.length > 0 && feed.value.q && html`<span class="found" role="status">${found()}</span> `}${nameOf(box)}</h1>
      ${messages > 0 && !q && !feed.value.q && html`
        ${box === BADMAIL && html`<${IconButton} name="retry" label=${t.queue.requeueAll} onClick=${() => requeue(feed.value.rows)} />`}
        ${unseen > 0 && html`<${IconButton} name="allRead" label=${t.actions.allRead} onClick=${markAllSeen} />`}
        <${IconButton} name="trash" label=${box ? t.actions.emptyBox : t.actions.emptyAll} onClick=${askToEmpty} />`}
    </header>`;
}

/** found counts what is known of the results. */
function found() {
  const { rows, next } = feed.value;
  return t.search.found(rows.length + waiting.value.count, Boolean(next));
}

// New mail must not move the row that the reader looks at or points to.
const reading = { scrolled: false, pointing: false };
let touched = false; // browsers make mouse events of touches, but a finger that left points at nothing

function update(change) {
  Object.assign(reading, change);
  hold(reading.scrolled || reading.pointing);
}

// Rows also come under a pointer that rests, as when a pill goes that lay over them.
// Browsers need not tell of that; the next move does.
const point = ({ target }) => update({ pointing: !touched && Boolean(target.closest('.row')) });

function Pill() {
  const { count } = waiting.value;
  if (!count) return null;
  const show = async () => {
    await release();
    const scroller = document.querySelector('.list .windowed');
    if (scroller) scroller.scrollTop = 0;
  };
  return html`<button type="button" class="pill" onClick=${show}>${icon('up')}${t.list.fresh(count)}</button>`;
}

function Rows() {
  useEffect(() => () => update({ scrolled: false, pointing: false }), []);
  const { phase, rows, problem, slide, box, q } = feed.value;
  if (phase === 'loading') return html`<${Loading} text=${t.list.loading} />`;
  if (phase === 'failed' && problem.where === 'query.q') return html`<div class="nothing"><${Examples} /></div>`;
  if (phase === 'failed') return html`<${Failure} text=${t.errors.listFailed} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!rows.length) return html`<${Empty} box=${box} q=${q} />`;
  return html`
    <${Windowed} key=${address({ box, q })} class="rows" items=${rows} keyOf=${(row) => row.id} rowHeight=${ROW} slide=${slide} follow=${cursor.value}
      onNearEnd=${more} onTop=${(top) => update({ scrolled: !top })} foot=${html`<${Foot} />`}
      onPointerDown=${(event) => { touched = event.pointerType === 'touch'; }}
      onMouseOver=${point} onMouseMove=${point}
      onMouseLeave=${() => update({ pointing: false })}
      role="listbox" tabindex="0" aria-label=${t.list.title} aria-activedescendant=${cursor.value ? `row-${cursor.value}` : undefined}>
      ${(row) => html`<${Row} row=${row} box=${box} />`}
    <//>`;
}

function Row({ row, box }) {
  const { id, subject, snippet, attachmentCount, defectCount, receivedAt } = row;
  const unread = !seenIn(box, row), state = stateOf(row, box), reason = box === BADMAIL && row.deliveries.find(({ reason }) => reason)?.reason;
  return html`
    <a class="row" id="row-${id}" role="option" tabindex="-1" href=${address({ id })} aria-selected=${route.value.id === id}
      data-cursor=${cursor.value === id ? '' : undefined} data-unread=${unread ? '' : undefined} onClick=${follow(() => openMessage(id))}>
      <i class="dot" role="img" aria-label=${unread ? t.list.unread : undefined}></i>
      <span class="line">
        <span class="text"><b>${sender(row)}</b>${(!box || box[0] === '@') && html`<span class="whom"> → ${recipients(row)}</span>`}</span>
        <time datetime=${receivedAt} title=${exact(receivedAt)}>${when(receivedAt)}</time>
      </span>
      <span class="line">
        <span class="text"><span class="subject">${subject || t.noSubject}</span> <span class=${reason ? 'snippet reason' : 'snippet'}>${reason ? reply(reason) : snippet}</span></span>
        ${state && box !== BADMAIL && html`<${StateChip} state=${state} />`}
        ${defectCount > 0 && html`<span class="sign defect" title=${t.list.defects(defectCount)}>${icon('warning')}</span>`}
        ${attachmentCount > 0 && html`<span class="sign" title=${t.list.attachments(attachmentCount)}>${icon('attachment')}</span>`}
      </span>
    </a>
    ${box === BADMAIL && html`<${IconButton} name="retry" class="icon-button row-action" label=${`${t.queue.actions.requeue} (r)`} onClick=${() => requeue([row])} />`}`;
}

const recipients = ({ deliveries: [first, ...others] }) => (first ? t.list.others(first.mailbox[0] === '@' ? first.rcpt : first.mailbox, others.length) : '');

const WORST = ['lost', 'bounced', 'bouncing', 'held', 'queued', 'relayed', 'reported'];

/** stateOf is the state of a row's deliveries that most asks for attention. */
function stateOf({ deliveries }, box) {
  const states = deliveries.filter(({ mailbox }) => !box || mailbox === box).map(({ state }) => state);
  return WORST.find((state) => states.includes(state));
}

function Foot() {
  const { more: state, next } = feed.value;
  if (!next) return null;
  if (state === 'failed') return html`<${Failure} text=${t.errors.listFailed} retry=${more} />`;
  return html`<${Loading} text=${t.list.loadingMore} />`;
}

function Empty({ box, q }) {
  if (q) return html`<${NothingFound} box=${box} q=${q} />`;
  if (box) {
    return html`
      <div class="nothing">
        <p>${box === BADMAIL ? t.places.hints.badmail : t.list.emptyBox}</p>
        <button type="button" class="button" onClick=${() => go({})}>${t.list.showAll}</button>
      </div>`;
  }
  if (room.value === 'wide') return html`<div class="nothing"><p>${t.list.empty}</p></div>`;
  return html`<${Welcome} />`;
}

const NothingFound = ({ box, q }) => html`
  <div class="nothing">
    <p class="what" role="status">${t.search.none}</p>
    ${box && html`<button type="button" class="button" onClick=${() => go({ q })}>${t.search.everywhere}</button>`}
    <${Examples} />
  </div>`;
