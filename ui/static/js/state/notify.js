// News for who looks elsewhere: notifications of the desktop, when they were
// asked for, and a dot on the icon in the browser's tabs.
import { effect, signal } from '@preact/signals';
import { openMessage } from '../actions.js';
import { sender } from '../format.js';
import { go } from '../router.js';
import { pinned, stored } from '../settings.js';
import { t } from '../strings.js';

const PAUSE = 3000; // milliseconds between two notifications

export const notify = stored('notify', 'off'); // 'off', 'all' or 'pinned'

const allowed = () => globalThis.Notification?.permission === 'granted';

/** permitted says whether the browser lets us. */
export const permitted = signal(allowed());

/** wantNotes is for a click only: browsers ask their user then. */
export async function wantNotes(which) {
  notify.value = which;
  if (which !== 'off') await globalThis.Notification?.requestPermission();
  permitted.value = allowed();
}

const unseen = signal(0); // mails that came while nobody looked
let collected = [], count = 0, timer = 0;

/** apply takes in what came. */
export function apply(events) {
  if (!document.hidden) return;
  const mails = events.filter(({ type, message }) => type === 'added' && message).map(({ message }) => message);
  if (!mails.length) return;
  unseen.value += mails.length;
  if (notify.value === 'off' || !allowed()) return;
  const wanted = notify.value === 'all' ? mails : mails.filter(({ deliveries }) => deliveries.some(({ mailbox }) => pinned.value.includes(mailbox)));
  count += wanted.length;
  collected = collected.concat(wanted).slice(-3);
  if (wanted.length && !timer) tell();
}

/** tell shows what was collected, and after a while what came meanwhile. */
function tell() {
  timer = 0;
  if (!count || !document.hidden) return;
  const [mail] = collected, one = count === 1;
  const note = new Notification(one ? sender(mail) : t.notify.mails(count), {
    body: one ? mail.subject || t.noSubject : collected.map(({ subject }) => subject || t.noSubject).reverse().join('\n'), tag: 'postroom',
  });
  note.onclick = () => {
    focus();
    if (one) openMessage(mail.id);
    else go({});
    note.close();
  };
  collected = [];
  count = 0;
  timer = setTimeout(tell, PAUSE);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  unseen.value = count = 0;
  collected = [];
});

const link = document.querySelector('link[rel=icon]'), plain = link.href;
const dotted = 'data:image/svg+xml,' + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#c8321f" d="M3 6.5a5 5 0 0 1 10 0V15H3z"/><circle cx="12" cy="12" r="4" fill="#26f" stroke="#fff"/></svg>');
effect(() => { link.href = unseen.value ? dotted : plain; });
