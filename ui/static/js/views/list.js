// The pane in the middle: the messages of a mailbox, newest first, live.
import { useEffect } from 'preact/hooks';
import { computed, useComputed } from '@preact/signals';
import { actOnSelected, askToEmpty, canRequeue, compareChosen, cursor, markAllSeen, markChosen, move, openMessage, removeMessage, requeue } from '../actions.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { bytes, exact, reply, sender, when } from '../format.js';
import { address, follow, go, route } from '../router.js';
import { density, room } from '../settings.js';
import { asked, feed, hold, load, look, release, retry, seenIn, waiting } from '../state/feed.js';
import { BADMAIL, boxOf, DONE, mailboxes } from '../state/mailboxes.js';
import * as selection from '../state/selection.js';
import { t } from '../strings.js';
import { dragOut } from './drag.js';
import { Failure, IconButton, Loading, StateChip } from './parts.js';
import { Examples } from './search.js';
import { Welcome } from './welcome.js';
import { Windowed } from './windowed.js';

const HEIGHT = { comfortable: 52, compact: 30 }; // pixels of a row
const NOTABLE = 100_000; // octets from which on a size is shown
const LONG_PRESS = 500;  // milliseconds

export function List() {
  return html`
    <section class="list" aria-label=${t.list.title} onPointerEnter=${leaveFrame}>
      ${selection.chosen.value.length ? html`<${Chosen} />` : html`<${Head} />`}
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
      <${Density} />
      ${messages > 0 && !q && !feed.value.q && html`
        ${box === BADMAIL && html`<${IconButton} name="retry" label=${t.queue.requeueAll} onClick=${() => requeue(feed.value.rows)} />`}
        ${unseen > 0 && html`<${IconButton} name="allRead" label=${t.actions.allRead} onClick=${markAllSeen} />`}
        <${IconButton} name="trash" label=${box ? t.actions.emptyBox : t.actions.emptyAll} onClick=${askToEmpty} />`}
    </header>`;
}

function Density() {
  const other = density.value === 'compact' ? 'comfortable' : 'compact';
  return html`<${IconButton} name=${other === 'compact' ? 'rows' : 'comfortable'} label=${t.rows[other]} onClick=${() => { density.value = other; }} />`;
}

/** Chosen stands in place of the head: how many messages are chosen, and what can be done to them. */
function Chosen() {
  const rows = selection.chosenRows.value, { box } = route.value, unread = rows.some((row) => !seenIn(box, row));
  return html`
    <header class="pane-head chosen" role="toolbar" aria-label=${t.rows.bar}>
      <${IconButton} name="close" label="${t.rows.clear} (Escape)" onClick=${selection.clear} />
      <h1 role="status">${t.rows.selected(rows.length)}</h1>
      ${rows.length === 2 && html`<${IconButton} name="compare" label=${t.rows.compare} onClick=${compareChosen} />`}
      ${rows.some(({ deliveries }) => deliveries.some(canRequeue)) && html`<${IconButton} name="retry" label="${t.rows.requeue} (r)" onClick=${() => actOnSelected('retry')} />`}
      <${IconButton} name=${unread ? 'allRead' : 'unread'} label="${unread ? t.actions.read : t.actions.unread} (u)" onClick=${() => markChosen(unread)} />
      <${IconButton} name="trash" label="${t.actions.remove} (#)" onClick=${removeMessage} />
    </header>`;
}

/** found counts what is known of the results. */
function found() {
  const { total, ended } = feed.value;
  return t.search.found(total + waiting.value.count, !ended);
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
  const { phase, rows, first, total, ended, problem, slide, box, q } = feed.value;
  useEffect(() => { if (!total) update({ scrolled: false, pointing: false }); }, [!total]);
  if (phase === 'loading') return html`<${Loading} text=${t.list.loading} />`;
  if (phase === 'failed' && problem.where === 'query.q') return html`<div class="nothing"><${Examples} /></div>`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!total) return html`<${Empty} box=${box} q=${q} />`;
  return html`
    <${Windowed} key=${address({ box, q })} class="rows" items=${rows} first=${first} total=${total} keyOf=${keyOf} rowHeight=${HEIGHT[density.value]} slide=${slide}
      follow=${cursor.value} blank=${Blank()} onRange=${look} onTop=${(top) => update({ scrolled: !top })} foot=${!ended && html`<${Foot} />`}
      onPointerDown=${(event) => { touched = event.pointerType === 'touch'; }}
      onMouseOver=${point} onMouseMove=${point}
      onMouseLeave=${() => update({ pointing: false })} onKeyDown=${arrow}
      data-density=${density.value} data-choosing=${selection.chosen.value.length ? '' : undefined}
      role="listbox" aria-multiselectable="true" tabindex="0" aria-label=${t.list.title} aria-activedescendant=${rows.some(({ id }) => id === cursor.value) ? `row-${cursor.value}` : undefined}>
      ${(row, place) => html`<${Row} row=${row} box=${box} place=${place} />`}
    <//>`;
}

const keyOf = (row) => row.id;

/** size is how many rows a screen reader is told of; -1 as long as nobody knows. */
const size = computed(() => (feed.value.ended ? feed.value.total : -1));

/** arrow lets the arrows go from row to row when the list has the focus. */
function arrow(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  move(step);
}

/** Blank stands where a row is on its way. */
const Blank = () => html`<div class="row blank" aria-hidden="true"><i></i><i></i></div>`;

let pressed = { timer: 0, id: '' }; // a finger that rests on a row chooses it

function press(event, row) {
  if (event.pointerType !== 'touch') return;
  clearTimeout(pressed.timer);
  pressed = { id: '', timer: setTimeout(() => { pressed.id = row.id; selection.toggle(row); }, LONG_PRESS) };
}

const letGo = () => clearTimeout(pressed.timer);

/** click opens a row, or chooses: with a key held, on its mark, or by a finger once something is chosen. */
function click(event, row) {
  const long = pressed.id === row.id, mark = event.target.closest('.pick');
  pressed.id = '';
  if (event.altKey || event.target.closest('.row-action')) return event.preventDefault();
  const several = room.value === 'narrow' && selection.chosen.value.length > 0;
  if (!long && !event.shiftKey && !event.ctrlKey && !event.metaKey && !mark && !several) return follow(() => openMessage(row.id))(event);
  event.preventDefault();
  if (long) return;
  if (event.shiftKey) selection.extend(cursor.value || row.id, row.id);
  else selection.toggle(row);
  cursor.value = row.id;
}

function drag(event, row) {
  letGo();
  if (touched) return event.preventDefault(); // a finger that rests chooses
  dragOut(event, selection.isChosen(row.id) ? selection.chosenRows.value : [row]);
}

function Row({ row, box, place }) {
  const { id, subject, snippet, attachmentCount, defectCount, receivedAt } = row;
  const flag = (is) => useComputed(() => (is() ? '' : undefined)).value; // what others are does not concern this one
  const open = flag(() => route.value.id === id), chosen = flag(() => selection.isChosen(id)), at = flag(() => cursor.value === id);
  const selected = useComputed(() => (selection.chosen.value.length ? selection.isChosen(id) : route.value.id === id)).value;
  const unread = !seenIn(box, row), state = stateOf(row, box), reason = box === BADMAIL && row.deliveries.find(({ mailbox }) => mailbox === BADMAIL)?.trail?.findLast((step) => step.reply)?.reply;
  return html`
    <a class="row" id="row-${id}" role="option" tabindex="-1" href=${address({ id })} aria-selected=${selected}
      aria-setsize=${size.value} aria-posinset=${place + 1} draggable="true" onDragStart=${(event) => drag(event, row)}
      data-cursor=${at} data-unread=${unread ? '' : undefined} data-open=${open} data-chosen=${chosen}
      onClick=${(event) => click(event, row)} onPointerDown=${(event) => press(event, row)} onPointerUp=${letGo} onPointerCancel=${letGo} onPointerLeave=${letGo}
      onContextMenu=${(event) => touched && event.preventDefault()}>
      <span class="pick">${unread && html`<i class="dot" role="img" aria-label=${t.list.unread}></i>`}<i class="check" aria-hidden="true">${icon('check')}</i></span>
      <span class="line head">
        <span class="text"><b>${sender(row)}</b>${(!box || box[0] === '@') && html`<span class="whom"> → ${recipients(row)}</span>`}</span>
        <span class="size" data-big=${row.size > NOTABLE ? '' : undefined} title=${t.rows.size}>${bytes(row.size)}</span>
        <time datetime=${receivedAt} title=${exact(receivedAt)}>${when(receivedAt)}</time>
      </span>
      <span class="line">
        <span class="text"><span class="subject">${subject || t.noSubject}</span> <span class=${reason ? 'snippet reason' : 'snippet'}>${reason ? reply(reason) : snippet}</span></span>
        ${state && box !== BADMAIL && html`<${StateChip} state=${state} />`}
        ${defectCount > 0 && html`<span class="sign defect" title=${t.list.defects(defectCount)}>${icon('warning')}</span>`}
        ${attachmentCount > 0 && html`<span class="sign" title=${t.list.attachments(attachmentCount)}>${icon('attachment')}</span>`}
      </span>
      ${box === BADMAIL && html`<i class="icon-button row-action" aria-hidden="true" title="${t.queue.actions.requeue} (r)" onClick=${() => requeue([row])}>${icon('retry')}</i>`}
    </a>`;
}

const recipients = ({ deliveries: [first, ...others] }) => (first ? t.list.others(first.mailbox[0] === '@' ? first.rcpt : first.mailbox, others.length) : '');

const WORST = ['lost', 'bounced', 'bouncing', 'held', 'queued', 'relayed', 'reported'];

/** stateOf is the state of a row's deliveries that most asks for attention. */
function stateOf({ deliveries }, box) {
  const states = deliveries.filter(({ mailbox }) => !box || mailbox === box).map(({ state }) => state);
  return WORST.find((state) => states.includes(state));
}

function Foot() {
  const { more: state } = feed.value;
  if (state === 'failed') return html`<${Failure} retry=${retry} />`;
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
