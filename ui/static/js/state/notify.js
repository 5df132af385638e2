// News for who looks elsewhere: notifications of the desktop, when they were asked for.
import { signal } from '@preact/signals';
import { openMessage } from '../actions.js';
import { sender, title } from '../format.js';
import { go } from '../router.js';
import { stored } from '../settings.js';
import { t } from '../strings.js';

const PAUSE = 3000; // milliseconds between two notifications

export const notify = stored('notify', 'off'); // or all

const allowed = () => globalThis.Notification?.permission === 'granted';

/** permitted says whether the browser lets us. */
export const permitted = signal(allowed());

/** wantNotes is for a click only: browsers ask their user then. */
export async function wantNotes(which) {
  notify.value = which;
  if (which !== 'off') await globalThis.Notification?.requestPermission();
  permitted.value = allowed();
}

let latest = null, count = 0, timer = 0;

/** apply takes in what came. */
export function apply(events) {
  if (!document.hidden || notify.value === 'off' || !allowed()) return;
  for (const { type, message } of events) {
    if (type !== 'added' || !message) continue;
    latest = message;
    count++;
  }
  if (!timer) tell();
}

/** tell shows what came, and after a while what came meanwhile. */
function tell() {
  timer = 0;
  if (!count) return;
  const mail = latest, n = count, one = n === 1;
  count = 0;
  if (!document.hidden) return;
  const note = new Notification(one ? sender(mail) : t.notify.mails(n), { body: title(mail), tag: 'postroom' });
  note.onclick = () => {
    focus();
    if (one) openMessage(mail.id);
    else go({});
    note.close();
  };
  timer = setTimeout(tell, PAUSE);
}
