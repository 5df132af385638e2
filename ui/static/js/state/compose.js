// The mail that is being written. It is kept in this browser until it is sent or discarded.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';
import { bytes } from '../format.js';
import { go, route } from '../router.js';
import { stored } from '../settings.js';
import { info } from '../store.js';
import { t } from '../strings.js';
import { addresses } from './mailboxes.js';
import { ask, fail, say } from './notices.js';
import { opened } from './reader.js';

const KEPT = 2_000_000; // characters of files that are kept over a reload; browsers give all of us 5 MB

/** draft is null when nothing is being written; touched says that the reader did write. */
export const draft = stored('draft', null);
export const files = signal([]);   // {key, name, type, size, done, content in base64}
export const minimised = stored('draftMinimised', false);
export const busy = signal(false);
export const errors = signal({});  // by the names of fields; '' for what is no field's

/** Remembered from the last time: the next hop, whether replies go there, and the sender. */
export const lastHop = stored('hop', '');
const lastWay = stored('way', 'here'), lastFrom = stored('from', '');

const keptFiles = stored('draftFiles', []);
files.value = draft.value ? keptFiles.value : [];

export const size = computed(() => files.value.reduce((sum, one) => sum + one.size, 0));

const blank = {
  kind: 'new', from: '', to: '', cc: '', bcc: '', replyTo: '', subject: '', text: '', html: '', format: 'text', way: 'here', hop: '',
  mailFrom: '', nullSender: false, rcptTo: '', headers: '', copies: false, touched: false,
};

let fresh = false; // opened by the reader a moment ago

/** takeFocus says once whether the sheet was asked for. */
export function takeFocus() {
  const asked = fresh;
  fresh = false;
  return asked;
}

export function set(change) {
  draft.value = { ...draft.value, ...change, touched: true };
  const left = Object.entries(errors.value).filter(([name]) => name && !(name in change));
  errors.value = Object.fromEntries(left);
}

function setFiles(list) {
  files.value = list;
  const fits = list.reduce((sum, { content = '' }) => sum + content.length, 0) <= KEPT;
  keptFiles.value = fits ? list : list.map(({ content, ...rest }) => rest);
}

function show() {
  fresh = true;
  minimised.value = false;
}

function begin(change, list = []) {
  errors.value = {};
  draft.value = { ...blank, ...change };
  setFiles(list);
  show();
}

/** compose goes on with the draft, or begins one for the mailbox that is shown. */
export function compose() {
  if (draft.value) return show();
  const { box } = route.value;
  begin({ from: lastFrom.value, to: addresses.value.some(({ address }) => address === box) ? box : '', hop: lastHop.value });
}

/** reply begins a reply to the open message, as the recipient whose mailbox is shown, or the first. */
export function reply(all = false) {
  const { message } = opened.value;
  if (!message) return;
  const { rcpt } = message.deliveries.find(({ mailbox }) => mailbox === route.value.box) ?? {};
  const start = () => fetchReply(message.id, rcpt, all)
    .then((change) => begin({ ...change, kind: 'reply', about: message.id, all, as: named(message), way: lastWay.value, hop: lastHop.value }))
    .catch((problem) => fail(t.compose.replyFailed, problem));
  if (!draft.value?.touched) return start();
  ask({ title: t.compose.askReplace, text: t.compose.askReplaceHint(draft.value.subject || t.noSubject), action: t.compose.discard, run: start });
}

const named = ({ envelope }) => [...new Set(envelope.to.map(({ address }) => address))].slice(0, 8);

async function fetchReply(id, as, all) {
  const { from, to = [], cc = [], subject, text, headers = [] } = await api.reply(id, { as, all: all || undefined });
  return {
    from, to: to.join(', '), cc: cc.join(', '), copies: cc.length > 0, subject, text,
    headers: headers.map(({ name, value }) => `${name}: ${value}`).join('\n'),
  };
}

/** replyAs lets another recipient reply; what was written stays. */
export async function replyAs(address) {
  const { about, all } = draft.value;
  try {
    const { from, cc } = await fetchReply(about, address, all);
    set(all ? { from, cc } : { from });
  } catch (problem) {
    fail(t.compose.replyFailed, problem);
  }
}

export function discard() {
  const old = draft.value, list = files.value;
  close();
  if (old.touched) say(t.compose.discarded, { text: t.compose.undo, run: () => begin(old, list) });
}

function close() {
  draft.value = null;
  setFiles([]);
  minimised.value = false;
}

let keys = Date.now();

/** attach reads files. */
export function attach(list) {
  set({ files: undefined });
  for (const file of list) {
    const key = ++keys, { name, type, size } = file;
    files.value = [...files.value, { key, name, type, size, done: 0 }];
    const reader = new FileReader();
    reader.onprogress = ({ loaded, total }) => patch(key, { done: loaded / total });
    reader.onload = () => patch(key, { done: 1, content: reader.result.slice(reader.result.indexOf(',') + 1) });
    reader.onerror = () => {
      detach(key);
      errors.value = { ...errors.value, files: t.compose.unreadable(name) };
    };
    reader.readAsDataURL(file);
  }
}

function patch(key, change) { setFiles(files.value.map((one) => (one.key === key ? { ...one, ...change } : one))); }

export function detach(key) {
  setFiles(files.value.filter((one) => one.key !== key));
  set({ files: undefined });
}

/** send sends the draft; what is wrong with it stands at its fields. */
export async function send() {
  const { way, hop, from, kind } = draft.value, limit = info.value?.maxMessageSize;
  if (busy.value) return;
  errors.value = {};
  if (way === 'hop' && !hop.trim()) errors.value = { hop: t.compose.noHop };
  if (size.value * 4 / 3 > limit && limit > 0) errors.value = { ...errors.value, files: t.compose.tooLarge(bytes(limit)) };
  if (files.value.some(({ content }) => content === undefined)) errors.value = { ...errors.value, files: t.compose.notRead };
  if (Object.keys(errors.value).length) return;
  busy.value = true;
  try {
    const { id } = await api.compose(letter());
    lastFrom.value = from;
    if (kind === 'reply') lastWay.value = way;
    if (way === 'hop') lastHop.value = hop.trim();
    close();
    say(way === 'hop' ? t.compose.queued(withoutPassword(hop.trim())) : t.compose.sent, { text: t.compose.show, run: () => go({ id }) });
  } catch (problem) {
    errors.value = atFields(problem);
  }
  busy.value = false;
}

export const withoutPassword = (hop) => hop.replace(/(\/\/[^:@/]*):[^@/]*@/, '$1:***@');

/** letter is the draft as the API takes it. */
function letter() {
  const { from, to, cc, bcc, replyTo, subject, text, html, headers, way, hop, mailFrom, nullSender, rcptTo } = draft.value;
  const list = (addresses) => (addresses.trim() ? [addresses] : undefined);
  return {
    from, to: list(to), cc: list(cc), bcc: list(bcc), replyTo: list(replyTo), subject, text, html,
    headers: headers.split('\n').filter((line) => line.trim()).map(header),
    attachments: files.value.map(({ name, type, content }) => ({ filename: name, contentType: type || undefined, content })),
    envelope: { from: nullSender ? '' : mailFrom.trim() || undefined, to: list(rcptTo) },
    hop: way === 'hop' ? hop.trim() : undefined,
  };
}

function header(line) {
  const [name, ...value] = line.split(':');
  return { name: name.trim(), value: value.join(':').trim() };
}

const FIELDS = { 'envelope.from': 'mailFrom', 'envelope.to': 'rcptTo', attachments: 'files' };

/** atFields says by field what the server found wrong. */
function atFields({ message, all = [] }) {
  const found = {};
  for (const { location = '', message } of all) {
    const name = location.replace(/^body\.?/, '').replace(/\[.*/, '');
    const field = FIELDS[name] ?? (name in blank ? name : '');
    found[field] ??= message;
  }
  return Object.keys(found).length ? found : { '': message };
}
