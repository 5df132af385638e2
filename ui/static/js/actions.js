// What the reader can do, for buttons and keys alike.
import * as api from './api.js';
import { close, go, route } from './router.js';
import { room } from './settings.js';
import * as attempts from './state/attempts.js';
import { compare } from './state/compare.js';
import { bare, lastHop, withoutPassword } from './state/compose.js';
import { BADMAIL, boxOf, mailboxes } from './state/mailboxes.js';
import { feed, patch, seenIn, view as inView } from './state/feed.js';
import { ask, fail, say } from './state/notices.js';
import * as selection from './state/selection.js';
import { removeAll, removeRows } from './state/undo.js';
import { opened, setSeen } from './state/reader.js';
import * as pipeline from './state/pipeline.js';
import * as queue from './state/queue.js';
import { sessions } from './state/sessions.js';
import { signal } from '@preact/signals';
import { t } from './strings.js';

/** The row that the keys act on: the open message, or the one to be opened. */
export const cursor = signal('');

export function openMessage(id, { replace = false } = {}) {
  cursor.value = id;
  const { box, view, q } = route.value;
  go({ box, view, q, id: messageOf(id) }, { replace });
}

/** openSession shows an SMTP session, in the place of another that is open. */
export function openSession(session) {
  cursor.value = session;
  go({ view: 'sessions', session }, { replace: Boolean(route.value.session) });
}

const openRow = (key, options) => (route.value.view === 'sessions' ? openSession : openMessage)(key, options);

/** messageOf is the message that a row is about: rows of the queue are deliveries, "<message>/<number>". */
const messageOf = (key) => key.split('/')[0];

/** keys are those of the rows on the screen, in their order. */
function keys() {
  const rows = { '': feed.value.rows, queue: queue.queue.value.deliveries, sessions: sessions.value.rows }[route.value.view] ?? [];
  return rows.map(({ id }) => id);
}

/**
 * move goes to the next or previous row. A message that is open beside the list
 * follows, in the place of the last in the history: Back leads to the list.
 */
export function move(step) {
  const rows = keys();
  if (!rows.length) return;
  const at = rows.indexOf(cursor.value), last = rows.length - 1;
  const seen = route.value.view ? 0 : inView.from - feed.value.first; // a cursor that is far away comes to what is in view
  const to = Math.min(last, Math.max(0, at < 0 ? seen : at + step));
  cursor.value = rows[to];
  if (route.value.id || route.value.session) openRow(cursor.value, { replace: true });
}

export function openCursor() {
  const rows = keys();
  const key = rows.includes(cursor.value) ? cursor.value : rows[0];
  if (key) openRow(key);
}

/** extendBy moves the cursor and chooses what lies between. */
export function extendBy(step) {
  if (route.value.view) return;
  const from = cursor.value;
  move(step);
  selection.extend(from || cursor.value, cursor.value);
}

export function toggleSeen() {
  const { message } = opened.value, { box } = route.value, rows = selection.chosenRows.value;
  if (rows.length) return markChosen(rows.some((row) => !seenIn(box, row)));
  if (message) setSeen(!seenIn(box, message), box);
}

/** markChosen marks the chosen messages as read or not, in the mailbox that is shown. */
export async function markChosen(seen) {
  const { box } = route.value, rows = selection.chosenRows.value;
  for (const row of rows) {
    const deliveries = row.deliveries.map((one) => (!box || one.mailbox === box ? { ...one, seen } : one));
    patch(row.id, { deliveries, seen: deliveries.every((one) => one.seen) });
  }
  try {
    await api.setManySeen(rows.map(({ id }) => id), seen, box);
  } catch (problem) {
    for (const row of rows) patch(row.id, row);
    fail(problem);
  }
}

/** compareChosen puts the two chosen messages side by side. */
export const compareChosen = () => compare(selection.chosen.value);

/** targets are the chosen messages, or else the open one, or the one at the cursor. */
function targets() {
  const chosen = selection.chosenRows.value, id = route.value.id || cursor.value;
  return chosen.length ? chosen : [...feed.value.rows, opened.value.message].filter((one) => one?.id === id).slice(0, 1);
}

/** removeMessage deletes messages from the mailbox that is shown. */
export function removeMessage() {
  const { box, view, id: open } = route.value, { rows } = feed.value, at = open || cursor.value;
  if (view === 'queue' && !open) return actOnSelected('delete');
  if (view) return open && removeElsewhere(open).catch(fail);
  const going = targets(), ids = new Set(going.map(({ id }) => id));
  if (!going.length) return;
  const stays = ({ id }) => !ids.has(id), first = rows.findIndex(({ id }) => ids.has(id));
  const next = rows.find((row, i) => i > first && stays(row)) ?? rows.findLast((row, i) => i < first && stays(row));
  selection.clear();
  removeRows(going, box, t.toast.deleted(going.length), () => {
    cursor.value = at;
    if (ids.has(open)) openMessage(open, { replace: Boolean(route.value.id) });
  });
  if (!open || ids.has(open)) cursor.value = next?.id ?? '';
  if (!ids.has(open)) return;
  if (next && first >= 0 && room.value === 'wide') openMessage(next.id, { replace: true });
  else close();
}

/** removeElsewhere deletes a message that is open beside another view than the list. */
async function removeElsewhere(id) {
  await api.remove(id);
  say(t.toast.deleted(1));
  if (route.value.id === id) close();
}

/** askToEmpty deletes all mail of the mailbox that is shown, once the reader said so. */
export function askToEmpty() {
  const { box } = route.value, { messages } = (box ? boxOf(box) : mailboxes.value.total) ?? { messages: 0 };
  const run = () => {
    go({ box }, { replace: true });
    removeAll(box, t.toast.deleted(messages));
  };
  ask({ title: t.ask.empty(box || t.allMail), text: t.ask.hint(messages, box), action: t.actions.remove, run });
}

/** toggleSelected chooses the message, or in the queue the delivery, at the cursor, or lets it go. */
export function toggleSelected() {
  const row = !route.value.view && feed.value.rows.find(({ id }) => id === cursor.value);
  if (row) return selection.toggle(row);
  if (route.value.view === 'queue' && keys().includes(cursor.value)) queue.select([cursor.value], !queue.selected.value.includes(cursor.value));
}

/** actOnSelected does something to the chosen deliveries, or else to the one at the cursor. */
export function actOnSelected(action) {
  const { view, box } = route.value;
  if (!view && action === 'retry' && (box === BADMAIL || selection.chosen.value.length)) return requeue(targets());
  if (view !== 'queue') return;
  const ids = queue.selected.value.length ? queue.selected.value : keys().filter((key) => key === cursor.value);
  if (ids.length) act(action, { ids });
}

/**
 * act does something to mail in the queue: to deliveries {ids}, or to all that
 * waits for a {hop}. The reader is asked before mail is given up.
 */
export function act(action, target) {
  const name = t.queue.actions[action], what = target.hop ?? t.queue.deliveries(target.ids.length);
  const run = async () => {
    const { done } = await api.actOnQueue({ do: action, ...target });
    say(`${name}: ${t.queue.deliveries(done)}`);
    if (route.value.view !== 'queue') return;
    for (const { load } of [queue, pipeline]) load().catch(() => {});
  };
  if (action === 'bounce' || action === 'delete') ask({ title: `${name}: ${what}`, text: t.queue.askHint[action], action: name, run });
  else run().catch(fail);
}

/** requeue brings what has left the queue back into it: of messages the deliveries in Badmail, or among what is done. */
export function requeue(messages) {
  const ids = messages.flatMap(({ id, deliveries }) => deliveries.filter(canRequeue).map(({ number }) => `${id}/${number}`));
  if (ids.length) return act('requeue', { ids });
}

export const canRequeue = ({ mailbox }) => mailbox === '@badmail' || mailbox === '@done';

/** askToRelease sends the open message on, to whom the reader says. */
export function askToRelease() {
  const field = { name: 'hop', label: t.release.hop, defaultValue: lastHop.value, placeholder: 'smtp://mail:2525', required: true };
  const { id: from } = route.value;
  askForEnvelope(t.release, api.release, [field], ({ id }, { hop }) => {
    lastHop.value = hop;
    say(t.release.done(withoutPassword(hop)), { text: t.places.queue, run: () => go({ view: 'queue' }) });
    if (route.value.id === from) go({ id });
  });
}

/** askToResend lets the open message come again, for whom the reader says. */
export function askToResend() {
  askForEnvelope(t.resend, api.resend, [], ({ id }) => say(t.compose.sent, { text: t.compose.show, run: () => go({ id }) }));
}

function askForEnvelope({ title, text, action }, send, fields, sent) {
  const { message } = opened.value;
  if (!message) return;
  const { from, to } = message.envelope;
  ask({
    title, text, action,
    fields: [
      { name: 'to', label: t.compose.to, defaultValue: to.map(({ address }) => address).join(', '), required: true },
      ...fields,
      { name: 'from', label: 'MAIL FROM', defaultValue: from, placeholder: '<>' },
    ],
    run: async ({ to, from, hop }) => {
      const mail = { hop: hop?.trim(), to: to.split(/[\s,;]+/).filter(Boolean), from: bare(from) };
      sent(await send(message.id, mail), mail);
    },
  });
}

export function askToClearAttempts() {
  const run = async () => {
    await api.clearAttempts();
    attempts.load().catch(() => {});
  };
  ask({ title: t.attempts.ask, text: t.attempts.askHint, action: t.attempts.clear, run });
}

export const markAllSeen = () => api.setAllSeen(route.value.box).catch(fail);

export const logOut = () => api.logOut().catch(fail);

export const sendSample = () => api.sendSample().catch(fail);

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    say(t.toast.copyFailed); // no permission, or the page does not come over HTTPS or from localhost
    return false;
  }
}
