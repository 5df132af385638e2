// The list of messages in the middle: a window on a mailbox, or on what a search
// finds there. However long that is, only rows around those in view are held.
import { effect, signal } from '@preact/signals';
import * as api from '../api.js';
import { route } from '../router.js';
import { collect, edited, merge, row } from './changes.js';

const PAGE = 200;    // messages asked for at once
const FOUND = 50;    // the same of a search: it runs while one types
const KEPT = 1000;   // rows kept around those in view
const AHEAD = 150, FOUND_AHEAD = 20; // rows that should be there beyond those in view; of a search
const OVERLAP = 20;  // rows asked for again, to join a page to what is there
const WAITING = 500; // new messages kept for a reader who is not looking at the top
const PACE = 60, RETRY = 3000; // milliseconds between two jumps, and after a failure
const PATIENCE = 2000; // milliseconds for events that an answer knew of to come

/**
 * rows are newest first, from place first on in a list of total, of which those that
 * wait or are hidden are no part; a search that has not ended has more. phase is
 * 'loading', 'ready' or 'failed'; more is 'idle', 'loading' or 'failed'. slide says that
 * the latest change is small enough to be watched.
 */
export const feed = signal(blank('', ''));

/**
 * What the reader wants to see. What was shown before stays while it is on its
 * way (running), and when it cannot be had (problem).
 */
export const asked = signal({ box: '', q: '', running: false, problem: null });

/** Mail that came while the reader looked elsewhere in the list. */
export const waiting = signal({ count: 0, rows: [], missed: false });

/** The places in the list that the reader sees. */
export let view = { from: 0, to: 0 };

let held = false;     // the reader looks at rows that must not move
let request = new AbortController(); // aborts what was asked for another mailbox or search
let loading = null;   // the promise of the listing on its way
let filling = null;   // the page on its way: {abort, from, to}
let timer = 0, jumped = 0; // for the next page, and when one was jumped to
let version = 0;      // counts what a page on its way cannot be joined to
let marks = [], top = ''; // of a search: {index, before} of each page, as it knows no places, and its newest id
let latest = 0;       // when rows were last added
const meanwhile = new Set(); // a list of the events since it was sent for each request on its way
const hidden = new Map();    // rows by id that the reader has deleted and the server still has
let gone = '';               // all up to this id are so too

function blank(box, q) {
  return { box, q, rows: [], first: 0, total: 0, ended: true, cursor: 0, phase: 'loading', more: 'idle', problem: null, slide: false };
}

/** show loads the newest messages of a mailbox, or with '' of all; with q those that a search finds. */
export function show(box, q) {
  request.abort();
  request = new AbortController();
  loading = null;
  hidden.clear();
  gone = '';
  asked.value = { box, q, running: true, problem: q ? asked.value.problem : null };
  if (feed.value.box !== box || feed.value.phase !== 'ready') begin(blank(box, q));
  return load();
}

/** begin shows a list that has nothing to do with the one before. */
function begin(value) {
  version++;
  marks = [{ index: 0, before: '' }];
  view = { from: 0, to: 0 };
  feed.value = value;
}

/** load asks again for what is shown; all wait for the same answer. It resolves to false when that was not enough: see apply. */
export function load() {
  if (loading) return loading;
  const { box, q } = asked.value, deep = isShown(box, q) && feed.value.first > 0;
  const answer = (deep ? again() : ask(asked.value, request.signal)).finally(() => { if (loading === answer) loading = null; });
  loading = answer;
  return answer;
}

async function ask({ box, q }, signal) {
  const events = [];
  meanwhile.add(events);
  try {
    const limit = q ? FOUND : Math.min(KEPT, Math.max(PAGE, feed.value.rows.length));
    const page = await api.messages({ mailbox: box, q, limit }, signal);
    signal.throwIfAborted();
    asked.value = { box, q, running: false, problem: null };
    if (isShown(box, q) && feed.value.first > 0) return await again();
    replace(box, q, page);
  } catch (problem) {
    if (problem.name === 'AbortError') return true;
    asked.value = { box, q, running: false, problem };
    if (feed.value.phase !== 'ready' || !q && feed.value.q) feed.value = { ...feed.value, phase: 'failed', problem };
    throw problem;
  } finally {
    meanwhile.delete(events);
  }
  return bring(events);
}

/** replace shows a page from the top; to a reader who looks elsewhere in the same list its new messages wait. */
function replace(box, q, { messages, next, cursor, total }) {
  const before = feed.value, same = isShown(box, q), newest = before.rows[0];
  let rows = messages.map(row).filter(kept), all = { total: total - hidden.size, ended: true };
  if (q || gone) all = { total: rows.length, ended: !next };
  if (!same) begin(before);
  else if (q) ({ rows, ...all } = rejoin(rows, next, before));
  const fresh = held && same && newest ? rows.filter(({ id }) => id > newest.id) : [];
  waiting.value = { count: fresh.length, rows: fresh, missed: false };
  version++;
  top = messages[0]?.id ?? '';
  rows = rows.slice(fresh.length);
  feed.value = { ...blank(box, q), phase: 'ready', cursor, rows, ended: all.ended, total: next ? Math.max(all.total - fresh.length, rows.length) : rows.length };
  fill();
}

/**
 * rejoin puts what was found before behind a first page that was asked for again,
 * unless there may be more between them. The open message stays, found or not:
 * reading it may be what changed that.
 */
function rejoin(rows, next, before) {
  const older = next && next <= before.rows[0]?.id ? before.rows.filter(({ id }) => id < next) : [];
  const open = before.rows.filter(({ id }) => id === route.peek().id);
  const joined = merge(rows.concat(older), open), grown = joined.length - before.rows.length;
  if (!older.length) marks = marks.slice(0, 1);
  marks = marks.map(({ index, before }) => ({ before, index: before ? Math.max(1, index + grown) : 0 }));
  return { rows: joined, total: older.length ? before.total + grown : joined.length, ended: older.length ? before.ended : !next };
}

const isShown = (box, q) => feed.value.box === box && feed.value.q === q;

/** again asks again for rows far down, or of a search only whether there are new ones. */
async function again() {
  const { box, q, first, rows } = feed.value;
  if (!q) return await place(Math.max(0, first - OVERLAP), Math.min(KEPT, rows.length + 2 * OVERLAP), true);
  const newest = waiting.value.rows[0]?.id ?? top;
  const { messages } = await api.messages({ mailbox: box, q, limit: FOUND }, request.signal);
  const fresh = messages.filter(({ id }) => newest && id > newest).map(row);
  if (fresh.length) receive(fresh, true);
  return true;
}

/** look says which places of the list the reader sees; what is missing there, and near it, is asked for. */
export function look(from, to) {
  if (view.from === from && view.to === to) return;
  view = { from, to };
  fill();
}

/** retry asks again for what could not be had. */
export function retry() {
  feed.value = { ...feed.value, more: 'idle' };
  fill();
}

/** missing is what to ask for next: a page elsewhere ('jump'), one above or below what is there, or nothing (''). */
function missing() {
  const { q, phase, rows, first, total, ended } = feed.value, end = first + rows.length, ahead = q ? FOUND_AHEAD : AHEAD;
  if (phase !== 'ready') return '';
  if (!rows.length) return total > 0 ? 'jump' : '';
  if (view.from > end || view.to < first) return 'jump';
  if (first > 0 && view.from - first < ahead) return 'up';
  return (end < total || !ended) && end - view.to < ahead ? 'down' : '';
}

function fill() {
  const what = missing();
  if (!what || timer) return;
  if (filling && (what !== 'jump' || filling.from <= view.from && filling.to >= view.to)) return;
  const wait = feed.value.more === 'failed' ? RETRY : what === 'jump' ? jumped + PACE - performance.now() : 0;
  if (wait > 0) {
    timer = setTimeout(() => { timer = 0; fill(); }, wait);
    return;
  }
  filling?.abort();
  const { first, rows, q } = feed.value, end = first + rows.length;
  if (what === 'down') return void below(end);
  if (q) return void above(what === 'up' ? first - 1 : view.from);
  if (what === 'jump') jumped = performance.now();
  const from = what === 'up' ? Math.max(0, first - PAGE) : Math.max(0, Math.min(view.from - PAGE / 4 | 0, feed.value.total - PAGE));
  place(from, what === 'up' ? first - from + OVERLAP : PAGE, what === 'up').catch(() => {});
}

/**
 * fetchPage asks for the places from – to, and calls use with the page and the events
 * that came since, unless another page is asked for. A page that is newer than the
 * list waits for the list: what is counted twice, or not at all, is wrong for ever.
 */
async function fetchPage(query, from, to, use) {
  const { box, q } = feed.value, stop = new AbortController(), events = [];
  const mine = filling = { abort: () => stop.abort(), from, to };
  const started = version;
  meanwhile.add(events);
  feed.value = { ...feed.value, more: 'loading', slide: false };
  let more = 'idle';
  try {
    const page = await api.messages({ mailbox: box, q, ...query }, AbortSignal.any([request.signal, stop.signal]));
    await told(page.cursor);
    if (started === version && filling === mine) {
      const { first, total, rows } = feed.value;
      use(page, events);
      const now = feed.value; // a page that changes nothing must not be asked for again and again
      if (now.first === first && now.total === total && now.rows.length === rows.length && now.rows[0] === rows[0] && missing()) more = 'failed';
    }
  } catch (problem) {
    if (problem.name !== 'AbortError') more = 'failed';
  } finally {
    meanwhile.delete(events);
    if (filling === mine) {
      filling = null;
      feed.value = { ...feed.value, more };
      fill();
    }
  }
}

/** told waits until the list knows of the events up to one; not for ever, as there may be no way for them. */
const told = (cursor) => new Promise((resolve) => {
  setTimeout(resolve, PATIENCE);
  effect(() => { if (feed.value.cursor >= cursor) resolve(); });
});

/**
 * brought are the rows of a page as the events after it leave them, how far the first of
 * them is from the page's, and how many rows the list has.
 */
function brought({ messages, cursor, total }, events) {
  const late = collect(events.filter(({ seq }) => seq > cursor), feed.value);
  const rows = edited(messages.map(row).filter(known), late), newest = rows[0]?.id ?? '';
  const passed = Math.max(0, messages.findIndex(({ id }) => id === newest));
  const moved = passed + late.fresh.size - [...late.left].filter((id) => id > newest).length - waiting.value.count - hiddenAbove(newest);
  return { rows, moved, total: total + late.fresh.size - late.left.size - waiting.value.count - hidden.size, complete: late.complete && !late.wipes.length };
}

/** place asks for rows from a place on, which shall join those that are there or else replace them. It resolves to whether they are as the server has them. */
async function place(from, limit, join) {
  const offset = from + waiting.value.count + hiddenAbove(feed.value.rows[0]?.id ?? '');
  let complete = false;
  await fetchPage({ offset, limit }, from, from + limit, (page, events) => {
    const { rows, moved, total, ...rest } = brought(page, events), { rows: now, cursor } = feed.value;
    complete = rest.complete;
    const joined = join && cursor >= page.cursor && now.length > 0 && rows.length > 0 && rows.at(-1).id <= now[0].id;
    if (!joined) version++;
    trim({ rows: joined ? merge(rows, now.filter(({ id }) => id < rows.at(-1).id)) : rows, first: Math.max(0, offset + moved), total, cursor: Math.max(cursor, page.cursor) });
  });
  return complete;
}

/** known leaves out what waits, or is hidden. */
const known = (one) => kept(one) && !waitsFor(one);
const kept = ({ id }) => id > gone && !hidden.has(id);
const waitsFor = ({ id }) => waiting.value.rows.some((one) => one.id === id);

const hiddenAbove = (id) => [...hidden.keys()].filter((one) => one > id).length;

/** below asks for the rows that follow. */
function below(end) {
  const { q, rows } = feed.value, before = rows.at(-1).id;
  return fetchPage({ before, limit: q ? FOUND * 2 : PAGE }, end, end + PAGE, (page, events) => {
    const { rows, total } = brought(page, events), now = feed.value, all = merge(now.rows, rows), reached = now.first + all.length;
    if (q && !marks.some(({ index }) => index >= end)) marks.push({ index: end, before });
    trim({ rows: all, total: q ? Math.max(now.total, reached) : total, ended: now.ended || !page.next });
  });
}

/** above asks for the page of results that has a place. */
function above(at) {
  const mark = marks.findLast(({ index }) => index <= at) ?? marks[0], { first, rows } = feed.value;
  const joins = mark.index < first && first - mark.index < KEPT;
  return fetchPage({ before: mark.before, after: joins ? rows[0]?.id : '', limit: joins ? KEPT : FOUND * 2 }, mark.index, at, (page) => {
    const found = page.messages.map(row).filter(known);
    if (!joins) version++;
    trim({ rows: joins ? merge(found, feed.value.rows) : found, first: mark.index, slide: false });
  });
}

/** trim shows rows, of too many those around what the reader sees. */
function trim(change) {
  const next = { ...feed.value, ...change }, over = next.rows.length - KEPT;
  if (over > 0) {
    const middle = (view.from + view.to >> 1) - next.first, start = Math.min(over, Math.max(0, middle - KEPT / 2));
    if (start < over) version++; // the end is another one
    next.rows = next.rows.slice(start, start + KEPT);
    next.first += start;
  }
  feed.value = next;
}

/** hold keeps new mail waiting; letting go brings it in. */
export function hold(on) {
  if (held === on) return;
  held = on;
  if (!held) release();
}

/** release brings in what is waiting. */
export async function release() {
  const { count, rows, missed } = waiting.value, { first, q } = feed.value;
  if (!count) return;
  if (first === 0 && missed) return load().catch(() => {});
  waiting.value = { count: 0, rows: [], missed: false };
  if (first === 0) return insert(rows);
  if (q) return show(feed.value.box, q).catch(() => {});
  push(count);
}

/** push makes room for rows above those that are there. */
function push(count) {
  const { first, total } = feed.value;
  feed.value = { ...feed.value, first: first + count, total: total + count, slide: false };
}

/**
 * apply brings events into the list, once each. It returns false when they do
 * not say enough and the list has to be loaded again.
 */
export function apply(events) {
  for (const list of meanwhile) list.push(...events); // an answer on its way may be older than they are
  return bring(events);
}

function bring(events) {
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
export const patch = (id, fields) => edit({ edits: new Map([[id, (old) => ({ ...old, ...fields })]]), left: [], wipes: [] });

/** edit changes rows, and counts those that have left, seen or not. */
function edit(changes) {
  if (!changes.edits.size && !changes.wipes.length) return;
  const now = feed.value, { count, rows: wait, missed } = waiting.value;
  const rows = edited(now.rows, changes), stay = edited(wait, changes);
  const here = new Set(now.rows.concat(wait).map(({ id }) => id)), newest = now.rows[0]?.id ?? '';
  let above = 0, below = 0;
  for (const id of changes.left) {
    if (here.has(id) || hidden.delete(id)) continue;
    if (now.first > 0 && id > newest) above++;
    else if (!now.q) below++;
  }
  const emptied = changes.wipes.length > 0 && changes.complete && !rows.length;
  const total = emptied ? 0 : Math.max(rows.length, now.total - (now.rows.length - rows.length) - above - below);
  feed.value = { ...now, rows, first: emptied ? 0 : Math.max(0, now.first - above), total, slide: false };
  if (wait.length) waiting.value = { count: count - (wait.length - stay.length), rows: stay, missed };
  fill();
}

function receive(fresh, missing = false) {
  const there = new Set(feed.value.rows.concat(waiting.value.rows).map(({ id }) => id));
  const news = fresh.filter(({ id }) => !there.has(id) && !hidden.has(id));
  if (!held) return insert(news);
  const { count, rows, missed } = waiting.value;
  const all = merge(news, rows);
  waiting.value = { count: count + news.length, rows: all.slice(0, WAITING), missed: missing || missed || all.length > WAITING };
}

function insert(fresh) {
  const now = feed.value;
  if (now.first > 0) return push(fresh.length);
  const slide = fresh.length <= 3 && performance.now() - latest > 200;
  latest = performance.now();
  trim({ rows: merge(fresh, now.rows), total: now.total + fresh.length, slide });
}

/** hide takes rows out before the server does. */
export function hide(rows) {
  for (const row of rows) hidden.set(row.id, row);
  const now = feed.value, left = now.rows.filter(({ id }) => !hidden.has(id)), newest = now.rows[0]?.id ?? '';
  const above = now.first > 0 ? rows.filter(({ id }) => id > newest).length : 0;
  feed.value = { ...now, rows: left, first: now.first - above, total: Math.max(left.length, now.total - rows.length), slide: false };
  fill();
}

/** unhide brings them back. */
export function unhide(rows) {
  const back = rows.filter(({ id }) => hidden.delete(id)), now = feed.value;
  const newest = now.rows[0]?.id ?? '', oldest = now.rows.at(-1)?.id ?? '', end = now.first + now.rows.length;
  const above = now.first > 0 ? back.filter(({ id }) => id > newest) : [];
  const below = end < now.total ? back.filter(({ id }) => id < oldest) : [];
  const rest = back.filter((one) => !above.includes(one) && !below.includes(one));
  trim({ rows: merge(now.rows, rest), first: now.first + above.length, total: now.total + back.length, slide: false });
  fill();
}

/** vanish hides all messages up to an id; appear brings them back. */
export function vanish(until) {
  gone = until;
  hidden.clear();
  waiting.value = { count: 0, rows: [], missed: false };
  begin({ ...blank(feed.value.box, feed.value.q), phase: 'ready', cursor: feed.value.cursor });
}

export function appear() {
  gone = '';
  load().catch(() => {});
}

/** newest is the id of the newest message of the list that the page knows of, '' without any. */
export const newest = () => waiting.value.rows[0]?.id ?? feed.value.rows[0]?.id ?? '';

/** seenIn says whether a row counts as seen in a mailbox, or with '' in all. */
export function seenIn(box, { seen, deliveries }) {
  return box ? deliveries.find(({ mailbox }) => mailbox === box)?.seen ?? seen : seen;
}
