// What the reader can do, for buttons and keys alike.
import * as api from './api.js';
import { close, go, route } from './router.js';
import { room } from './settings.js';
import { boxOf, mailboxes } from './state/mailboxes.js';
import { feed, seenIn } from './state/feed.js';
import { ask, fail, say } from './state/notices.js';
import { opened, setSeen } from './state/reader.js';
import { signal } from '@preact/signals';
import { t } from './strings.js';

/** The row that the keys act on: the open message, or the one to be opened. */
export const cursor = signal('');

export function openMessage(id, { replace = false } = {}) {
  cursor.value = id;
  const { box, q } = route.value;
  go({ box, q, id }, { replace });
}

/**
 * move goes to the next or previous row. A message that is open beside the list
 * follows, in the place of the last in the history: Back leads to the list.
 */
export function move(step) {
  const { rows } = feed.value;
  if (!rows.length) return;
  const at = rows.findIndex(({ id }) => id === cursor.value);
  const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  cursor.value = rows[to].id;
  if (route.value.id) openMessage(cursor.value, { replace: true });
}

export function openCursor() {
  const { rows } = feed.value;
  const id = rows.some((row) => row.id === cursor.value) ? cursor.value : rows[0]?.id;
  if (id) openMessage(id);
}

export function toggleSeen() {
  const { message } = opened.value, { box } = route.value;
  if (message) setSeen(!seenIn(box, message), box);
}

/** removeMessage deletes the open message, or the one at the cursor, from the mailbox that is shown. */
export async function removeMessage() {
  const { box, id: open } = route.value;
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
