// The list of messages in the middle: the newest ones of a mailbox, or of what a
// search finds there; older ones as they are asked for. What it holds stays small,
// however much mail comes.
import { signal } from '@preact/signals';
import * as api from '../api.js';
import { route } from '../router.js';

const PAGE = 200;    // messages asked for at once
const FOUND = 50;    // the same of a search: it runs while one types
const KEPT = 1000;   // messages kept while the newest are in view; older ones are asked for again
const WAITING = 500; // new messages kept for a reader who is not looking at the top

/**
 * rows are newest first. next is where older ones go on, '' at the end. phase
 * is 'loading', 'ready' or 'failed'; more is 'idle', 'loading' or 'failed'.
 * slide says that the latest change is small enough to be watched.
 */
export const feed = signal(blank('', ''));

/**
 * What the reader wants to see. What was shown before stays while it is on its
 * way (running), and when it cannot be had (problem).
 */
export const asked = signal({ box: '', q: '', running: false, problem: null });

/** Mail that came while the reader looked elsewhere in the list. */
export const waiting = signal({ count: 0, rows: [], missed: false });

let held = false;     // the reader looks at rows that must not move
let request = new AbortController(); // aborts what was asked for another mailbox or search
let loading = null;   // the promise of the listing on its way
let meanwhile = null; // events that came while a listing was on its way
let latest = 0;       // when rows were last added

function blank(box, q) {
  return { box, q, rows: [], next: '', cursor: 0, phase: 'loading', more: 'idle', problem: null, slide: false };
}

/** show loads the newest messages of a mailbox, or with '' of all; with q those that a search finds. */
export function show(box, q) {
  request.abort();
  request = new AbortController();
  loading = null;
  asked.value = { box, q, running: true, problem: q ? asked.value.problem : null };
  if (feed.value.box !== box || feed.value.phase !== 'ready') feed.value = blank(box, q);
  return load();
}

/**
 * load asks for the newest messages again, and keeps what is shown until they
 * are there; while it does, everybody waits for the same answer. It resolves to
 * false when that was not enough: see apply.
 */
export function load() {
  if (loading) return loading;
  const answer = ask(asked.value, request.signal).finally(() => { if (loading === answer) loading = null; });
  loading = answer;
  return answer;
}

async function ask({ box, q }, signal) {
  const events = [];
  meanwhile = events;
  try {
    const limit = q ? FOUND : Math.min(KEPT, Math.max(PAGE, feed.value.rows.length));
    const page = await api.messages({ mailbox: box, q, limit }, signal);
    signal.throwIfAborted();
    replace(box, q, page);
  } catch (problem) {
    if (problem.name === 'AbortError') return true;
    meanwhile = null;
    asked.value = { box, q, running: false, problem };
    if (feed.value.phase !== 'ready' || !q && feed.value.q) feed.value = { ...feed.value, phase: 'failed', problem };
    throw problem;
  }
  meanwhile = null;
  return apply(events);
}

/** replace shows a page from the top; to a reader who looks elsewhere in the same list its new messages wait. */
function replace(box, q, { messages, next, cursor }) {
  const before = feed.value, again = isShown(box, q), newest = before.rows[0];
  let rows = messages.map(row);
  if (again && q) ({ rows, next } = rejoin(rows, next, before));
  const fresh = held && again && newest ? rows.filter(({ id }) => id > newest.id) : [];
  waiting.value = { count: fresh.length, rows: fresh, missed: false };
  feed.value = { ...blank(box, q), phase: 'ready', next, cursor, rows: rows.slice(fresh.length), more: again ? before.more : 'idle' };
  asked.value = { box, q, running: false, problem: null };
}

/**
 * rejoin puts what was found before behind a first page that was asked for again,
 * unless there may be more between them. The open message stays, found or not:
 * reading it may be what changed that.
 */
function rejoin(rows, next, before) {
  const older = next && next <= before.rows[0]?.id ? before.rows.filter(({ id }) => id < next) : [];
  const open = before.rows.filter(({ id }) => id === route.peek().id);
  return { rows: merge(rows.concat(older), open), next: older.length ? before.next : next };
}

const isShown = (box, q) => feed.value.box === box && feed.value.q === q;

/** more asks for the next older messages, once at a time. */
export async function more() {
  const { box, q, next, more, phase } = feed.value;
  if (phase !== 'ready' || !next || more === 'loading') return;
  feed.value = { ...feed.value, more: 'loading', slide: false };
  try {
    const page = await api.messages({ mailbox: box, q, before: next, limit: q ? FOUND : PAGE }, request.signal);
    if (!isShown(box, q)) return;
    if (feed.value.next !== next) feed.value = { ...feed.value, more: 'idle' }; // the list was cut or began anew
    else feed.value = { ...feed.value, more: 'idle', next: page.next, rows: merge(feed.value.rows, page.messages.map(row)) };
  } catch (problem) {
    if (isShown(box, q)) feed.value = { ...feed.value, more: problem.name === 'AbortError' ? 'idle' : 'failed' };
  }
}

/** hold keeps new mail waiting; letting go brings it in. */
export function hold(on) {
  if (held === on) return;
  held = on;
  if (!held) release();
}

/** release brings in what is waiting. */
export async function release() {
  const { count, rows, missed } = waiting.value;
  if (!count) return;
  if (missed) return load().catch(() => {});
  waiting.value = { count: 0, rows: [], missed: false };
  insert(rows);
}

/**
 * apply brings events into the list, once each. It returns false when they do
 * not say enough and the list has to be loaded again.
 */
export function apply(events) {
  meanwhile?.push(...events); // the answer on its way may be older than they are
  const { cursor, phase } = feed.value;
  const news = events.filter(({ seq }) => seq > cursor);
  if (phase !== 'ready' || !news.length) return true;
  const changes = collect(news, feed.value);
  edit(changes);
  feed.value = { ...feed.value, cursor: news.at(-1).seq };
  if (changes.fresh.size) receive([...changes.fresh.values()].reverse());
  return changes.complete;
}

/** patch changes one row ahead of the server's word. */
export const patch = (id, fields) => edit({ edits: new Map([[id, (old) => ({ ...old, ...fields })]]), wipes: [] });

/**
 * collect sorts events into new rows (fresh), changes of known ones by id
 * (edits) and changes of all (wipes). A change makes a new row of the old one,
 * or null when it leaves the list. What a search would find only the server knows.
 */
function collect(events, { box, q }) {
  const fresh = new Map(), edits = new Map(), wipes = [];
  let complete = true;
  const change = (id, edit) => {
    const before = edits.get(id) ?? ((old) => old);
    if (fresh.has(id)) keep(fresh, id, edit(fresh.get(id)));
    else edits.set(id, (old) => { const now = before(old); return now && edit(now); });
  };
  for (const { type, id, message, gone, deliveries, mailbox } of events) {
    if (type === 'added' && message) {
      if (box === '@badmail') complete = false; // the reason is not told
      if (!isIn(box, message)) continue;
      if (q) complete = false;
      else fresh.set(message.id, row(message));
    } else if (type === 'updated' && message) {
      change(message.id, () => (isIn(box, message) ? row(message) : null));
      if (q || box === '@badmail') complete = false;
    } else if (type === 'removed') {
      const numbers = deliveries.map(({ number }) => number);
      change(id, (old) => (gone ? null : without(old, ({ number }) => numbers.includes(number), box)));
    } else if (type === 'cleared') {
      const wipe = (old) => (mailbox ? without(old, (one) => one.mailbox === mailbox, box) : null);
      wipes.push(wipe);
      for (const [id, old] of fresh) keep(fresh, id, wipe(old));
    } else if (type !== 'hello' && type !== 'attempted') {
      complete = false; // lagged, or told without its message under load
    }
  }
  return { fresh, edits, wipes, complete };
}

function keep(map, id, value) {
  if (value) map.set(id, value);
  else map.delete(id);
}

function edit({ edits, wipes }) {
  if (!edits.size && !wipes.length) return;
  const changed = (old) => (edits.has(old.id) ? edits.get(old.id)(old) : old);
  const wiped = (old) => wipes.reduce((now, wipe) => now && wipe(now), changed(old));
  const edited = (rows) => rows.map(wiped).filter(Boolean);
  feed.value = { ...feed.value, rows: edited(feed.value.rows), slide: false };
  const { count, rows, missed } = waiting.value, left = edited(rows);
  if (rows.length) waiting.value = { count: count - (rows.length - left.length), rows: left, missed };
}

function receive(fresh) {
  if (!held) return insert(fresh);
  const { count, rows, missed } = waiting.value;
  const all = merge(fresh, rows);
  waiting.value = { count: count + fresh.length, rows: all.slice(0, WAITING), missed: missed || all.length > WAITING };
}

function insert(fresh) {
  const now = feed.value;
  const rows = merge(fresh, now.rows);
  const slide = fresh.length <= 3 && performance.now() - latest > 200;
  latest = performance.now();
  if (rows.length <= KEPT || held) feed.value = { ...now, rows, slide };
  else feed.value = { ...now, rows: rows.slice(0, KEPT), next: rows[KEPT - 1].id, slide };
}

/** without is the row when some of its deliveries are gone; null when it leaves the list. */
function without(old, gone, box) {
  const deliveries = old.deliveries.filter((one) => !gone(one));
  if (!deliveries.length || !isIn(box, { deliveries })) return null;
  return { ...old, deliveries, seen: deliveries.every(({ seen }) => seen) };
}

const isIn = (box, { deliveries }) => !box || deliveries.some(({ mailbox }) => mailbox === box);

/** row keeps of a summary what the list shows. */
function row({ id, receivedAt, size, subject, from, snippet, attachmentCount, defectCount, seen, envelope, deliveries }) {
  return {
    id, receivedAt, size, subject, snippet, attachmentCount, defectCount, seen,
    from: from.slice(0, 1),
    envelope: { from: envelope.from },
    deliveries: deliveries.map(({ mailbox, rcpt, number, state, seen, trail }) => ({
      mailbox, rcpt, number, state, seen, reason: mailbox === '@badmail' ? trail?.findLast((step) => step.reply)?.reply : undefined,
    })),
  };
}

/** seenIn says whether a row counts as seen in a mailbox, or with '' in all. */
export function seenIn(box, { seen, deliveries }) {
  return box ? deliveries.find(({ mailbox }) => mailbox === box)?.seen ?? seen : seen;
}

/** merge joins two lists of rows, newest first, each message once; the first list wins. */
function merge(first, second) {
  const ids = new Set(first.map(({ id }) => id));
  const rows = first.concat(second.filter(({ id }) => !ids.has(id)));
  const sorted = rows.every((one, i) => i === 0 || rows[i - 1].id > one.id);
  return sorted ? rows : rows.sort((a, b) => (a.id < b.id ? 1 : -1));
}
