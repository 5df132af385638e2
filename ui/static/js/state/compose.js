// The mail that is being written. It is kept in this browser until it is sent or discarded.
import { signal } from '@preact/signals';
import * as api from '../api.js';
import { go, route } from '../router.js';
import { stored } from '../settings.js';
import { t } from '../strings.js';
import { ask, dialog, fail, say } from './notices.js';
import { opened } from './reader.js';

/** draft has what was written, by the names of fields; null is nothing. */
export const draft = stored('draft', null);
export const files = signal([]); // as the reader chose them; a page that ends loses them, so it asks
export const lastHop = stored('hop', '');
const lastFrom = stored('from', '');

addEventListener('beforeunload', (event) => { if (files.value.length) event.preventDefault(); });

const show = (mail) => { dialog.value = { kind: 'compose', mail }; };

/** compose goes on with the draft, or begins one for the mailbox that is shown. */
export function compose() {
  const { box } = route.value;
  show(draft.value ?? { from: lastFrom.value, to: box.startsWith('@') ? '' : box });
}

/** reply begins a reply to the open message, as the recipient whose mailbox is shown, or the first. */
export function reply(all) {
  const { message } = opened.value;
  if (!message) return;
  const { rcpt } = message.deliveries.find(({ mailbox }) => mailbox === route.value.box) ?? {};
  const run = () => {
    const before = draft.value, still = () => draft.value === before && !dialog.value && opened.value.id === message.id;
    api.reply(message.id, { as: rcpt, all }).then((mail) => still() && begin(mail)).catch(fail);
  };
  if (draft.value) ask({ title: t.compose.replace, text: draft.value.subject, action: t.compose.discard, run });
  else run();
}

function begin({ from, to = [], cc = [], subject, text, headers = [] }) {
  forget();
  show({ from, to: to.join(', '), cc: cc.join(', '), subject, text, headers: headers.map(({ name, value }) => `${name}: ${value}`).join('\n') });
}

function forget() {
  draft.value = null;
  files.value = [];
}

export function discard() {
  const mail = draft.value, chosen = files.value;
  forget();
  dialog.value = null;
  if (!mail) return;
  const run = () => {
    draft.value = mail;
    files.value = chosen;
    show(mail);
  };
  say(t.compose.discarded, { text: t.undo.undo, run });
}

/** send sends what is written, and the files. What is written meanwhile stays. */
export async function send(mail) {
  const hop = mail.hop.trim(), written = draft.value, chosen = files.value;
  const { id } = await api.compose({ ...letter(mail), hop, attachments: await Promise.all(chosen.map(attachment)) });
  lastFrom.value = mail.from;
  if (hop) lastHop.value = hop;
  if (draft.value === written && files.value === chosen) forget();
  say(hop ? t.release.done(withoutPassword(hop)) : t.compose.sent, { text: t.compose.show, run: () => go({ id }) });
}

export const withoutPassword = (hop) => hop.replace(/(\/\/[^:@/]*):[^@/]*@/, '$1:***@');

/** bare is an address of the envelope without its brackets; '' is the null sender. */
export const bare = (path) => path.trim().replace(/^<(.*)>$/, '$1');

/** letter is what is written as the API takes it. */
function letter({ from, to, cc, bcc, replyTo, subject, text, html, headers, 'envelope.from': sender, 'envelope.to': recipients }) {
  const list = (addresses) => (addresses.trim() ? [addresses] : undefined);
  return {
    from, to: list(to), cc: list(cc), bcc: list(bcc), replyTo: list(replyTo), subject, text, html,
    headers: headers.split('\n').filter((line) => line.trim()).map(header),
    envelope: { from: sender.trim() ? bare(sender) : undefined, to: list(recipients) },
  };
}

function header(line) {
  const [name, ...value] = line.split(':');
  return { name: name.trim(), value: value.join(':').trim() };
}

/** attachment reads a file, into base64. */
const attachment = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve({ filename: file.name, contentType: file.type || undefined, content: reader.result.split(',')[1] });
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
});
