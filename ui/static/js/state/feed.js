// The list of messages in the middle: a window on a mailbox, or on what a search
// finds there. However long a mailbox is, only rows around those in view are held.
import { computed, effect, signal } from '@preact/signals';
import * as api from '../api.js';
import { route } from '../router.js';
import { collect, edited, merge } from './changes.js';

const PAGE = 200;    // messages asked for at once
const FOUND = 50;    // the same of a search: it runs while one types
const KEPT = 1000;   // rows kept around those in view
const AHEAD = 150, FOUND_AHEAD = 20; // rows that should be there beyond those in view; of a search
const OVERLAP = 20;  // rows asked for again, to join a page to what is there
const PACE = 60, RETRY = 3000, PATIENCE = 2000; // milliseconds between two jumps, after a failure, and for events that an answer knew of

/**
 * list is as the server has it after event number cursor: rows newest first, from place
 * first on in a list of total. All results of a search are held that were shown; one that has
 * not ended has more. phase is 'loading', 'ready' or 'failed'; more is 'idle', 'loading' or
 * 'failed'. slide says that the latest change is small enough to be watched.
 */
const list = signal(blank('', ''));

/** Mail that came while the reader looked elsewhere in the list: so many of the newest, since an id. */
export const waiting = signal({ count: 0, since: '' });

/** What the reader has deleted and the server still has: ids, and all up to one. */
const hidden = signal(new Set()), gone = signal('');

/** feed is the list as the reader sees it, without what waits or is hidden. */
export const feed = computed(() => {
  const { rows: all, first, total } = list.value, { count } = waiting.value, { size } = hidden.value;
  const rows = count > first || size || gone.value ? all.slice(Math.max(0, count - first)).filter(({ id }) => id > gone.value && !hidden.value.has(id)) : all;
  const above = first && count + [...hidden.value].filter((id) => id > all[0]?.id).length;
  return { ...list.value, rows, first: Math.max(0, first - above), total: gone.value ? rows.length : Math.max(rows.length, total - count - size) };
});

/**
 * What the reader wants to see. What was shown before stays while it is on its
 * way (running), and when it cannot be had (problem).
 */
export const asked = signal({ box: '', q: '', running: false, problem: null });

/** The places in the list that the reader sees. */
export let view = { from: 0, to: 0 };

const holding = new Set(); // why rows must not move: the reader looks at them
let request = new AbortController(); // aborts what was asked for another mailbox or search
let loading = null;   // the promise of the listing on its way
let filling = null;   // the page on its way: {stop, from, to}
let timer = 0, jumped = 0; // for the next page, and when one was jumped to
let newestID = '', latest = 0; // of the messages that the page knows of, and when rows were last added
const meanwhile = new Set(); // a list of the events since it was sent for each request on its way

function blank(box, q) {
  return { box, q, rows: [], first: 0, total: 0, ended: true, cursor: 0, phase: 'loading', more: 'idle', problem: null, slide: false };
}

const change = (fields) => { list.value = { ...list.value, ...fields }; };
const isShown = (box, q) => list.value.box === box && list.value.q === q;

/** show loads the newest messages of a mailbox, or with '' of all; with q those that a search finds. */
export function show(box, q) {
  request.abort();
  request = new AbortController();
  loading = null;
  hidden.value = new Set();
  gone.value = '';
  asked.value = { box, q, running: true, problem: q ? asked.value.problem : null };
  if (list.value.box !== box || list.value.phase !== 'ready') begin(blank(box, q));
  return load();
}

/** begin shows a list that has nothing to do with the one before. */
function begin(value) {
  drop();
  view = { from: 0, to: 0 };
  waiting.value = { count: 0, since: '' };
  list.value = value;
}

/** drop gives up the page on its way: it would not join what is there. */
function drop() {
  filling?.stop.abort();
  filling = null;
}

/** load asks again for what is shown; all wait for the same answer. It resolves to false when that was not enough: see apply. */
export function load() {
  if (loading) return loading;
  const { box, q } = asked.value;
  const answer = (isShown(box, q) && list.value.first > 0 ? again() : ask(box, q)).finally(() => { if (loading === answer) loading = null; });
  loading = answer;
  return answer;
}

/** listen asks for messages, and calls use with the page and the events that came since. */
async function listen(query, signal, use) {
  const events = [];
  meanwhile.add(events);
  try {
    const page = await api.messages(query, signal);
    signal.throwIfAborted();
    return await use(page, events);
  } finally {
    meanwhile.delete(events);
  }
}

async function ask(box, q) {
  const limit = q ? FOUND : Math.min(KEPT, Math.max(PAGE, list.value.rows.length));
  try {
    return await listen({ mailbox: box, q, limit }, request.signal, (page, events) => {
      asked.value = { box, q, running: false, problem: null };
      if (isShown(box, q) && list.value.first > 0) return again();
      replace(box, q, page);
      return bring(events);
    });
  } catch (problem) {
    if (problem.name === 'AbortError') return true;
    asked.value = { box, q, running: false, problem };
    if (list.value.phase !== 'ready' || !q && list.value.q) change({ phase: 'failed', problem });
    throw problem;
  }
}

/** replace shows a page from the top; to a reader who looks elsewhere in the same list its new messages wait. */
function replace(box, q, { messages, next, cursor, total }) {
  const same = isShown(box, q), seen = same && holding.size && feed.value.rows[0]?.id;
  let rows = messages, ended = !q || !next;
  if (q && same) ({ rows, ended } = rejoin(rows, next));
  const fresh = rows.filter(({ id }) => seen && id > seen);
  const here = view;
  newestID = messages[0]?.id ?? '';
  begin({ ...blank(box, q), phase: 'ready', cursor, rows, ended, total: q ? rows.length : total });
  if (same) view = here;
  waiting.value = { count: fresh.length, since: fresh.at(-1)?.id ?? '' };
  fill();
}

/**
 * rejoin puts what was found before behind a first page that was asked for again,
 * unless there may be more between them. The open message stays, found or not:
 * reading it may be what changed that.
 */
function rejoin(rows, next) {
  const { rows: before, ended } = list.value, older = before.filter(({ id }) => next && next <= before[0].id && id < next);
  return { rows: merge(rows.concat(older), before.filter(({ id }) => id === route.peek().id)), ended: older.length ? ended : !next };
}

/** again asks again for rows far down. */
const again = () => place(Math.max(0, list.value.first - OVERLAP), Math.min(KEPT, list.value.rows.length + 2 * OVERLAP), true);

/** look says which places of the list the reader sees; what is missing there, and near it, is asked for. */
export function look(from, to) {
  view = { from, to };
  fill();
}

/** retry asks again for what could not be had. */
function retry() {
  change({ more: 'idle' });
  fill();
}

/** missing is what to ask for next: a page elsewhere ('jump'), one above or below what is there, or nothing (''). */
function missing() {
  const { q, phase, rows, first, total, ended } = feed.value, end = first + rows.length, ahead = q ? FOUND_AHEAD : AHEAD;
  if (phase !== 'ready') return '';
  if (!list.value.rows.length) return total > 0 ? 'jump' : '';
  if (view.from > end || view.to < first) return 'jump';
  if (first > 0 && view.from - first < ahead) return 'up';
  return (end < total || !ended) && end - view.to < ahead ? 'down' : '';
}

function fill() {
  const what = missing(), { count } = waiting.value;
  if (!what || timer) return;
  if (filling && (what !== 'jump' || filling.from <= view.from + count && filling.to >= view.to + count)) return;
  const { first, rows, q, more } = list.value, end = first + rows.length;
  const wait = more === 'failed' ? RETRY : what === 'jump' ? jumped + PACE - performance.now() : 0;
  if (wait > 0) {
    timer = setTimeout(() => { timer = 0; retry(); }, wait);
  } else if (what === 'jump') {
    jumped = performance.now();
    place(Math.max(0, Math.min(view.from - PAGE / 4, feed.value.total - PAGE)) + count, Math.min(KEPT, PAGE + hidden.value.size));
  } else if (what === 'up') {
    const from = Math.max(0, first - PAGE);
    place(from, first - from + OVERLAP, true);
  } else {
    fetchPage({ before: rows.at(-1).id, limit: q ? FOUND * 2 : PAGE }, end, end + PAGE, (page, events) => {
      const late = brought(page, events), all = merge(list.value.rows, late.rows);
      trim({ rows: all, total: q ? all.length : late.total, ended: !q || !page.next });
    });
  }
}

/**
 * fetchPage asks for the places from – to, and calls use with the page and the events
 * that came since, unless another page is asked for. A page that is newer than the
 * list waits for the list: what is counted twice, or not at all, is wrong for ever.
 */
async function fetchPage(query, from, to, use) {
  const { box, q } = list.value;
  drop();
  const mine = filling = { stop: new AbortController(), from, to };
  change({ more: 'loading', slide: false });
  let more = 'idle';
  try {
    await listen({ mailbox: box, q, ...query }, AbortSignal.any([request.signal, mine.stop.signal]), async (page, events) => {
      await told(page.cursor);
      if (filling !== mine) return;
      const before = extent();
      use(page, events);
      if (extent() === before && missing()) more = 'failed'; // a page that changes nothing must not be asked for again and again
    });
  } catch (problem) {
    if (problem.name !== 'AbortError') more = 'failed';
  }
  if (filling !== mine) return;
  filling = null;
  change({ more });
  fill();
}

function extent() {
  const { first, total, rows } = list.value;
  return [first, total, rows.length, rows[0]?.id].join();
}

/** told waits until the list knows of the events up to one; not for ever, as there may be no way for them. */
const told = (cursor) => new Promise((resolve) => {
  const stop = effect(() => { if (list.value.cursor >= cursor) queueMicrotask(done); });
  const timer = setTimeout(done, PATIENCE);
  function done() {
    stop();
    clearTimeout(timer);
    resolve();
  }
});

/** brought is a page as the events after it leave it. */
function brought({ messages, cursor, total }, events) {
  const late = collect(events.filter(({ seq }) => seq > cursor), list.value);
  return { ...late, rows: edited(messages, late), total: total + late.fresh.size - late.left.size };
}

/** place asks for rows from a place on, which shall join those that are there or else replace them. It resolves to whether they are as the server has them. */
async function place(offset, limit, join) {
  let complete = false;
  await fetchPage({ offset, limit }, offset, offset + limit, (page, events) => {
    const { rows, fresh, left, wipes, total, ...late } = brought(page, events), { rows: now, cursor } = list.value;
    complete = late.complete && !wipes.length;
    const newest = rows[0]?.id ?? '', passed = Math.max(0, page.messages.findIndex(({ id }) => id === newest));
    const first = Math.max(0, offset + passed + fresh.size - [...left].filter((id) => id > newest).length);
    const joined = join && cursor >= page.cursor && rows.at(-1)?.id <= now[0]?.id;
    trim({ rows: joined ? merge(rows, now.filter(({ id }) => id < rows.at(-1).id)) : rows, first, total, cursor: Math.max(cursor, page.cursor) });
  });
  return complete;
}

/** trim shows rows, of too many of a mailbox those around what the reader sees. */
function trim(fields) {
  const next = { ...list.value, ...fields }, kept = KEPT + hidden.value.size, over = next.rows.length - kept;
  if (over > 0 && !next.q) {
    const middle = (view.from + view.to >> 1) + waiting.value.count - next.first, start = Math.min(over, Math.max(0, middle - KEPT / 2));
    next.rows = next.rows.slice(start, start + kept);
    next.first += start;
  }
  list.value = next;
}

/** hold keeps new mail waiting for a reason; once all are gone it comes in. */
export function hold(why, on) {
  if (on) holding.add(why);
  else if (holding.delete(why) && !holding.size) release();
}

/** release brings in what is waiting. */
export function release() {
  const { count } = waiting.value;
  if (!count) return;
  change({ slide: count <= 3 });
  waiting.value = { count: 0, since: '' };
  fill();
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
  const { cursor, phase } = list.value;
  const news = events.filter(({ seq }) => seq > cursor);
  if (phase !== 'ready' || !news.length) return true;
  const changes = collect(news, list.value);
  edit(changes);
  if (changes.fresh.size) receive([...changes.fresh.values()].reverse());
  change({ cursor: news.at(-1).seq });
  return changes.complete;
}

/** patch changes one row ahead of the server's word. */
export const patch = (id, fields) => edit({ edits: new Map([[id, (old) => ({ ...old, ...fields })]]), left: [], wipes: [] });

/** edit changes rows, and counts those that have left, held or not. */
function edit({ edits, left, wipes, complete }) {
  if (!edits.size && !wipes.length) return;
  const { rows: old, first, total, q } = list.value, rows = edited(old, { edits, wipes });
  const here = new Set(old.map(({ id }) => id)), stay = new Set(rows.map(({ id }) => id));
  const away = q ? [] : [...left].filter((id) => !here.has(id)), above = first && away.filter((id) => id > (old[0]?.id ?? '')).length;
  const lost = new Set([...here].filter((id) => !stay.has(id)).concat(away)), emptied = wipes.length > 0 && complete && !rows.length;
  const { count, since } = waiting.value, now = emptied ? 0 : Math.max(rows.length, total - lost.size);
  change({ rows, first: emptied ? 0 : Math.max(0, first - above), total: now, slide: false });
  if (count) waiting.value = { count: emptied ? 0 : count - [...lost].filter((id) => id >= since).length, since };
  if (hidden.value.size) hidden.value = hidden.value.difference(lost);
  if (now === rows.length && rows.every(({ id }) => id > gone.value)) gone.value = '';
  fill();
}

function receive(fresh) {
  const { first, total, rows } = list.value, { count, since } = waiting.value, n = fresh.length;
  newestID = fresh[0].id;
  if (holding.size) waiting.value = { count: count + n, since: since || fresh.at(-1).id };
  if (first > 0) return change({ first: first + n, total: total + n, slide: false });
  const slide = n <= 3 && !holding.size && performance.now() - latest > 200, oldest = rows.at(-1);
  latest = performance.now();
  trim({ rows: merge(fresh, rows), total: total + n, slide });
  if (filling && list.value.rows.at(-1) !== oldest) {
    drop();
    retry();
  }
}

/** hide takes rows out before the server does. */
export function hide(rows) {
  hidden.value = new Set([...hidden.value, ...rows.map(({ id }) => id)]);
  change({ slide: false });
  fill();
}

/** unhide brings them back, unless they are gone. */
export function unhide(rows) {
  hidden.value = hidden.value.difference(new Set(rows.map(({ id }) => id)));
  fill();
}

/** vanish hides all messages up to an id; appear brings them back. */
export function vanish(until) {
  const { box, q, cursor, total } = list.value;
  gone.value = until;
  hidden.value = new Set();
  begin({ ...blank(box, q), phase: 'ready', cursor, total });
}

export function appear() {
  gone.value = '';
  load().catch(() => {});
}

/** newest is the id of the newest message of the list that the page knows of, '' without any. */
export const newest = () => newestID;

/** seenIn says whether a row counts as seen in a mailbox, or with '' in all. */
export function seenIn(box, { seen, deliveries }) {
  return box ? deliveries.find(({ mailbox }) => mailbox === box)?.seen ?? seen : seen;
}
