// What the reader can do, for buttons and keys alike.
import * as api from './api.js';
import { close, go, route } from './router.js';
import { room } from './settings.js';
import * as attempts from './state/attempts.js';
import { BADMAIL, boxOf, mailboxes } from './state/mailboxes.js';
import { feed, seenIn } from './state/feed.js';
import { ask, askFor, fail, say } from './state/notices.js';
import { opened, setSeen } from './state/reader.js';
import * as queue from './state/queue.js';
import { signal } from '@preact/signals';
import { t } from './strings.js';

/** The row that the keys act on: the open message, or the one to be opened. */
export const cursor = signal('');

export function openMessage(id, { replace = false } = {}) {
  cursor.value = id;
  const { box, view, q } = route.value;
  go({ box, view, q, id: messageOf(id) }, { replace });
}

/** messageOf is the message that a row is about: rows of the queue are deliveries, "<message>/<number>". */
const messageOf = (key) => key.split('/')[0];

/** keys are those of the rows on the screen, in their order. */
function keys() {
  switch (route.value.view) {
    case '': return feed.value.rows.map(({ id }) => id);
    case 'queue': return queue.queue.value.deliveries.map(({ id }) => id);
    default: return [];
  }
}

/**
 * move goes to the next or previous row. A message that is open beside the list
 * follows, in the place of the last in the history: Back leads to the list.
 */
export function move(step) {
  const rows = keys();
  if (!rows.length) return;
  const at = rows.indexOf(cursor.value);
  const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  cursor.value = rows[to];
  if (route.value.id) openMessage(cursor.value, { replace: true });
}

export function openCursor() {
  const rows = keys();
  const key = rows.includes(cursor.value) ? cursor.value : rows[0];
  if (key) openMessage(key);
}

export function toggleSeen() {
  const { message } = opened.value, { box } = route.value;
  if (message) setSeen(!seenIn(box, message), box);
}

/** removeMessage deletes the open message, or the one at the cursor, from the mailbox that is shown. */
export async function removeMessage() {
  const { box, view, id: open } = route.value;
  if (view === 'queue' && !open) return actOnSelected('delete');
  if (view && !open) return;
  const id = open || cursor.value;
  const { rows } = feed.value;
  const at = rows.findIndex((row) => row.id === id);
  const subject = opened.value.message?.subject ?? rows[at]?.subject;
  if (!id || (at < 0 && !open)) return;
  try {
    await api.remove(id, box);
  } catch (problem) {
    if (problem.status !== 404) return fail(t.errors.deleteFailed, problem);
  }
  say(t.toast.deleted(subject || t.noSubject));
  const next = rows[at + 1] ?? rows[at - 1];
  cursor.value = next?.id ?? '';
  if (!open) return;
  if (next && at >= 0 && room.value === 'wide') openMessage(next.id, { replace: true });
  else close();
}

/** askToEmpty deletes all mail of the mailbox that is shown, once the reader said so. */
export function askToEmpty() {
  const { box } = route.value;
  const { messages } = box ? boxOf(box) ?? { messages: 0 } : mailboxes.value.total;
  ask({
    title: box ? t.ask.emptyBox(box) : t.ask.emptyAll,
    text: box ? t.ask.emptyBoxHint(messages) : t.ask.emptyAllHint(messages),
    action: box ? t.actions.emptyBox : t.actions.emptyAll,
    run: () => empty(box),
  });
}

async function empty(box) {
  try {
    const { deleted } = await api.empty(box);
    go({ box }, { replace: true });
    say(t.toast.emptied(deleted));
  } catch (problem) {
    fail(t.errors.emptyFailed, problem);
  }
}

/** select chooses the delivery at the cursor, or lets it go. */
export function toggleSelected() {
  if (route.value.view === 'queue' && keys().includes(cursor.value)) queue.select([cursor.value], !queue.selected.value.includes(cursor.value));
}

/** actOnSelected does something to the chosen deliveries, or else to the one at the cursor. */
export function actOnSelected(action) {
  const { view, box, id } = route.value, row = feed.value.rows.find((one) => one.id === (id || cursor.value));
  if (box === BADMAIL && action === 'retry') return row && requeue([row]);
  if (view !== 'queue') return;
  const ids = queue.selected.value.length ? queue.selected.value : keys().filter((key) => key === cursor.value);
  if (ids.length) act(action, { ids });
}

/**
 * act does something to mail in the queue: to deliveries {ids}, or to all that
 * waits for a {hop}. The reader is asked before mail is given up, and for the route of a reroute.
 */
export function act(action, target) {
  if (action === 'reroute') return askForRoute(target);
  if (action !== 'bounce' && action !== 'delete') return perform(action, target).catch((problem) => fail(t.errors.queueFailed, problem));
  ask({
    title: target.hop ? t.queue.askHop[action](target.hop) : t.queue.ask[action](target.ids.length),
    text: t.queue.askHint[action],
    action: t.queue.actions[action],
    run: () => perform(action, target).catch((problem) => fail(t.errors.queueFailed, problem)),
  });
}

async function perform(action, target) {
  const { done } = await api.actOnQueue({ do: action, ...target });
  say(t.queue.done[action](done));
  if (route.value.view === 'queue') queue.load().catch(() => {});
}

function askForRoute(target) {
  askFor({
    title: t.queue.actions.reroute,
    text: t.queue.routeHint,
    fields: [{ name: 'route', label: t.queue.route, value: 'relay smtp://', required: true }],
    action: t.queue.actions.reroute,
    run: ({ route }) => perform('reroute', { ...target, route: route.trim() }),
  });
}

/** requeue brings what has left the queue back into it: of messages the deliveries in Badmail, or among what is done. */
export function requeue(messages) {
  const ids = messages.flatMap(({ id, deliveries }) => deliveries.filter(canRequeue).map(({ number }) => `${id}/${number}`));
  return act('requeue', { ids });
}

export const canRequeue = ({ mailbox }) => mailbox === '@badmail' || mailbox === '@done';

/** askToRelease sends the open message on, to whom the reader says. */
export function askToRelease() {
  const { message } = opened.value;
  if (!message) return;
  askFor({
    title: t.release.title,
    text: t.release.text,
    fields: [
      { name: 'to', label: t.release.to, value: message.envelope.to.map(({ address }) => address).join(', '), required: true },
      { name: 'hop', label: t.release.hop, placeholder: 'smtp://mail:2525', required: true },
      { name: 'from', label: t.release.from, value: message.envelope.from, placeholder: '<>', hint: t.release.fromHint },
    ],
    action: t.release.action,
    run: async ({ to, hop, from }) => {
      const { id } = await api.release(message.id, { to: to.split(/[\s,;]+/).filter(Boolean), hop: hop.trim(), from: from.trim().replace(/^<(.*)>$/, '$1') });
      say(t.release.done);
      go({ id });
    },
  });
}

export function askToClearAttempts() {
  ask({ title: t.attempts.ask, text: t.attempts.askHint, action: t.attempts.clear, run: clearAttempts });
}

async function clearAttempts() {
  try {
    await api.clearAttempts();
    attempts.load().catch(() => {});
  } catch (problem) {
    fail(t.errors.deleteFailed, problem);
  }
}

export const markAllSeen = () => api.setAllSeen(route.value.box).catch((problem) => fail(t.errors.seenFailed, problem));

export const sendSample = () => api.sendSample().catch((problem) => fail(t.errors.sampleFailed, problem));

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    say(t.toast.copyFailed); // no permission, or the page does not come over HTTPS or from localhost
    return false;
  }
}
