// Deletions that can be undone: the page shows them as done, and tells the server
// when there is no way back. Until then nothing is lost.
import { effect, untracked } from '@preact/signals';
import * as api from '../api.js';
import { t } from '../strings.js';
import * as feed from './feed.js';
import { load, mailboxes, taken } from './mailboxes.js';
import { dismiss, fail, say, toast } from './notices.js';
import { place } from './selection.js';

const GRACE = 8000; // milliseconds to undo a deletion

let pending = null; // {place, send, back, undone, removal, timer}

/** removeRows deletes messages from a mailbox, or with '' from all. undone is called when the reader has brought them back. */
export function removeRows(rows, box, text, undone) {
  feed.hide(rows);
  begin({
    removal: { rows, box },
    send: () => api.removeMany(rows.map(({ id }) => id), box),
    back: () => feed.unhide(rows),
    undone,
  }, text);
}

/** removeAll empties a mailbox, or with '' all: what comes later stays. */
export function removeAll(box, text) {
  const until = feed.newest();
  begin({
    removal: { box, was: mailboxes.peek() },
    send: () => api.empty(box, until),
    back: feed.appear,
  }, text);
  feed.vanish(until);
}

function begin(deletion, text) {
  settle();
  pending = { ...deletion, place: place.peek(), timer: setTimeout(settle, GRACE) };
  taken.value = [...taken.value, pending.removal];
  say(text, { text: t.undo.undo, run: undo });
}

/** undo brings back what was deleted last, as long as that goes. */
export function undo() {
  if (!pending) return;
  const { removal, back, undone } = pending;
  end();
  release(removal);
  back();
  undone?.();
}

function end() {
  clearTimeout(pending.timer);
  pending = null;
  if (toast.peek()?.action) dismiss();
}

const release = (removal) => { taken.value = taken.value.filter((one) => one !== removal); };

/** settle tells the server now. */
async function settle() {
  if (!pending) return;
  const { removal, send, back } = pending;
  end();
  removal.sent = true;
  try {
    await send();
  } catch (problem) {
    release(removal);
    back();
    return fail(problem);
  }
  load().catch(() => {});
}

effect(() => {
  const now = place.value;
  if (pending && now !== pending.place) untracked(settle);
});
addEventListener('pagehide', settle);
document.addEventListener('visibilitychange', () => document.hidden && settle());
