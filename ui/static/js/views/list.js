// The pane in the middle: the messages of a mailbox, newest first, live.
import { useEffect } from 'preact/hooks';
import { computed } from '@preact/signals';
import { actOnSelected, askToEmpty, canRequeue, compareChosen, cursor, markAllSeen, markChosen, move, openMessage, removeMessage } from '../actions.js';
import { rawURL } from '../api.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { bytes, exact, reply, sender, title, when } from '../format.js';
import { address, go, route } from '../router.js';
import { density, room } from '../settings.js';
import { asked, feed, hold, load, look, release, seenIn, waiting } from '../state/feed.js';
import { BADMAIL, boxOf, mailboxes } from '../state/mailboxes.js';
import * as selection from '../state/selection.js';
import { t } from '../strings.js';
import { Failure, IconButton, Loading, StateChip } from './parts.js';
import { Examples } from './search.js';
import { Welcome } from './welcome.js';
import { Windowed } from './windowed.js';

export const List = () => html`
  <section class="list" aria-label=${t.list.title} onPointerEnter=${leaveFrame}>
    ${choosing.value ? html`<${Chosen} />` : html`<${Head} />`}
    ${asked.value.running && feed.value.phase === 'ready' && html`<i class="progress" role="progressbar" aria-label=${t.list.loading}></i>`}
    <${Pill} />
    <${Rows} />
  </section>`;

/** leaveFrame takes the keyboard back from a mail that was clicked into. */
const leaveFrame = () => document.activeElement?.matches('iframe') && document.activeElement.blur();

/** Mailboxes that are no recipient's have names in the reader's language. */
const nameOf = (box) => (box[0] === '@' ? t.places[box.slice(1)] : box || t.allMail);

function Head() {
  const { box, q } = route.value, { rows, total, ended, q: shown } = feed.value;
  const { messages = 0, unseen = 0 } = (box ? boxOf(box) : mailboxes.value.total) ?? {};
  return html`
    <header class="pane-head">
      ${room.value === 'narrow' && html`<${IconButton} name="back" label=${t.actions.mailboxes} onClick=${() => go({ box, q, pane: 'boxes' })} />`}
      <h1 title=${nameOf(box)}>${shown && rows.length > 0 && html`<span class="found" role="status">${t.search.found(total + waiting.value.count, !ended)}</span> `}${nameOf(box)}</h1>
      ${messages > 0 && !q && !shown && html`
        ${unseen > 0 && html`<${IconButton} name="allRead" label=${t.actions.allRead} onClick=${markAllSeen} />`}
        <${IconButton} name="trash" label=${box ? t.actions.emptyBox : t.actions.emptyAll} onClick=${askToEmpty} />`}
    </header>`;
}

const choosing = computed(() => selection.chosen.value.length > 0);

/** Chosen stands in place of the head: how many messages are chosen, and what can be done to them. */
function Chosen() {
  const rows = selection.chosenRows.value, unread = rows.some((row) => !seenIn(route.value.box, row)), text = t.list.selected(rows.length);
  return html`
    <header class="pane-head chosen" role="toolbar" aria-label=${text}>
      <${IconButton} name="close" label="${t.actions.cancel} (Escape)" onClick=${selection.clear} />
      <h1><span role="status">${text}</span></h1>
      ${rows.length === 2 && html`<${IconButton} name="compare" label=${t.compare.title} onClick=${compareChosen} />`}
      ${rows.some(({ deliveries }) => deliveries.some(canRequeue)) && html`<${IconButton} name="retry" label="${t.queue.actions.requeue} (r)" onClick=${() => actOnSelected('retry')} />`}
      <${IconButton} name=${unread ? 'allRead' : 'unread'} label="${unread ? t.actions.read : t.actions.unread} (u)" onClick=${() => markChosen(unread)} />
      <${IconButton} name="trash" label="${t.actions.remove} (#)" onClick=${removeMessage} />
    </header>`;
}

function Pill() {
  const { count } = waiting.value;
  const show = async () => {
    await release(); // and its rows are there
    document.querySelector('.rows').scrollTop = 0;
  };
  return count > 0 && html`<button type="button" class="pill" onClick=${show}>${icon('up')}${t.list.fresh(count)}</button>`;
}

const rowAt = ({ target }) => {
  const { id } = target.closest('.row') ?? {};
  return id && feed.value.rows.find((row) => 'row-' + row.id === id);
};

// New mail must not move the row that the reader points to, or looks at.
const point = (event) => hold('pointer', event.pointerType === 'mouse' && rowAt(event));
const leave = () => hold('pointer', false);
const letGo = () => {
  leave();
  hold('scroll', false);
};

function Rows() {
  const { phase, rows, first, total, ended, problem, slide, box, q } = feed.value, compact = density.value === 'compact';
  useEffect(() => letGo, [total > 0]);
  if (phase === 'loading') return html`<${Loading} text=${t.list.loading} />`;
  if (phase === 'failed' && problem.where === 'query.q') return html`<div class="nothing"><${Examples} /></div>`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!total) return html`<${Empty} box=${box} q=${q} />`;
  return html`
    <${Windowed} key=${address({ box, q })} class="rows" items=${rows} first=${first} total=${total} keyOf=${({ id }) => id} rowHeight=${compact ? 30 : 52} slide=${slide}
      follow=${cursor.value} blank=${html`<div class="row blank" aria-hidden="true"><i></i><i></i></div>`} onRange=${look} onTop=${(top) => hold('scroll', !top)} foot=${!ended && html`<${Loading} text=${t.list.loading} />`}
      onPointerMove=${point} onPointerLeave=${leave} onClick=${click} onDragStart=${drag} onKeyDown=${arrow}
      data-density=${density.value} data-choosing=${choosing.value || undefined}
      role="listbox" aria-multiselectable="true" tabindex="0" aria-label=${t.list.title} aria-activedescendant=${rows.some(({ id }) => id === cursor.value) ? `row-${cursor.value}` : undefined}>
      ${(row, place) => html`<${Row} row=${row} box=${box} place=${place} />`}
    <//>`;
}

/** arrow lets the arrows go from row to row when the list has the focus. */
function arrow(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  move(step);
}

/** click opens a row, or chooses: with a key held, on its mark, or by a finger once something is chosen. */
function click(event) {
  const row = rowAt(event), { shiftKey, ctrlKey, metaKey, altKey } = event;
  if (!row) return;
  event.preventDefault();
  if (altKey) return;
  if (shiftKey) selection.extend(cursor.value || row.id, row.id);
  else if (ctrlKey || metaKey || event.target.closest('.pick') || room.value === 'narrow' && choosing.value) selection.toggle(row);
  else openMessage(row.id);
  cursor.value = row.id;
}

/** drag gives what is dragged out of the page the raw messages: as a file of the first, and as addresses of all. */
function drag(event) {
  const row = rowAt(event), { dataTransfer } = event;
  if (!row) return;
  const rows = selection.isChosen(row.id) ? selection.chosenRows.value : [row], urls = rows.map(({ id }) => new URL(rawURL(id), location.href).href);
  dataTransfer.effectAllowed = 'copy';
  dataTransfer.setData('DownloadURL', `message/rfc822:${fileName(rows[0])}:${urls[0]}`);
  dataTransfer.setData('text/uri-list', urls.join('\r\n'));
  dataTransfer.setData('text/plain', urls.join('\n'));
}

/** fileName has nothing that a file system minds, or the colon that ends it. */
const fileName = (row) => title(row).replace(/[\s\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, ' ').trim().slice(0, 80) + '.eml';

/** howMany rows there are, for a screen reader; -1 as long as nobody knows. */
const howMany = computed(() => (feed.value.ended ? feed.value.total : -1));

/** Row is what changes as rows come and go around it; its Face is not made again then. */
function Row({ row, box, place }) {
  const { id } = row, open = route.value.id === id, chosen = selection.isChosen(id);
  return html`
    <a class="row" id="row-${id}" role="option" tabindex="-1" href=${address({ id })} draggable="true" aria-selected=${choosing.value ? chosen : open}
      aria-setsize=${howMany.value} aria-posinset=${place + 1} data-cursor=${cursor.value === id || undefined} data-unread=${!seenIn(box, row) || undefined} data-open=${open || undefined} data-chosen=${chosen || undefined}>
      <${Face} row=${row} box=${box} />
    </a>`;
}

function Face({ row, box }) {
  const { size, snippet, attachmentCount, defectCount, receivedAt, deliveries } = row, lost = box === BADMAIL;
  const here = deliveries.filter(({ mailbox }) => !box || mailbox === box), states = here.map(({ state }) => state), state = WORST.find((one) => states.includes(one));
  const reason = lost && here[0]?.trail?.findLast((step) => step.reply)?.reply, [first, ...others] = deliveries;
  return html`
    <span class="pick">${!seenIn(box, row) && html`<i class="dot" role="img" aria-label=${t.list.unread}></i>`}<i class="check" aria-hidden="true">${icon('check')}</i></span>
    <span class="line head">
      <span class="text"><b>${sender(row)}</b>${(!box || box[0] === '@') && html`<span class="whom"> → ${t.list.others(first.mailbox[0] === '@' ? first.rcpt : first.mailbox, others.length)}</span>`}</span>
      <span class="size">${bytes(size)}</span>
      <time datetime=${receivedAt} title=${exact(receivedAt)}>${when(receivedAt)}</time>
    </span>
    <span class="line">
      <span class="text"><span class="subject">${title(row)}</span> <span class=${reason ? 'snippet reason' : 'snippet'}>${reason ? reply(reason) : snippet}</span></span>
      ${state && !lost && html`<${StateChip} state=${state} />`}
      ${defectCount > 0 && html`<span class="sign defect" title=${t.message.defects(defectCount)}>${icon('warning')}</span>`}
      ${attachmentCount > 0 && html`<span class="sign" title=${t.list.attachments(attachmentCount)}>${icon('attachment')}</span>`}
    </span>`;
}

/** WORST are the states of deliveries that ask for attention, the worst first. */
const WORST = ['lost', 'bounced', 'bouncing', 'held', 'queued', 'relayed', 'reported'];

function Empty({ box, q }) {
  if (!box && !q && room.value !== 'wide') return html`<${Welcome} />`;
  return html`
    <div class="nothing">
      <p class=${q && 'what'} role="status">${q ? t.search.none : box === BADMAIL ? t.places.hints.badmail : t.list.empty}</p>
      ${q && box && html`<button type="button" class="button" onClick=${() => go({ q })}>${t.search.everywhere}</button>`}
      ${q && html`<${Examples} />`}
    </div>`;
}
