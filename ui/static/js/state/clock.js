// The server's clock. All that is relative on the page is so to this one: it may
// be ahead, stand still, or run fast.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';
import { fail, say } from './notices.js';
import { t } from '../strings.js';

const TICK = 20_000, FAST_TICK = 1000; // milliseconds between two readings
const SLACK = 3000; // milliseconds that an event may be off what we take the time for

/** now, in milliseconds, ticks often enough for relative times; read is what the server said, and when. */
export const now = signal(Date.now());
const read = signal({ now: Date.now(), at: Date.now(), speed: 1, frozen: false, ahead: 0, nextDue: null });

/** clock is its state: ahead and nextDue in milliseconds, nextDue null for never. */
export const clock = computed(() => read.value);

/** real says that the server's time passes as the system's does. */
export const real = computed(() => !read.value.frozen && read.value.speed === 1 && Math.abs(read.value.ahead) < 1000);

/** moving is the AbortController of an advance on its way; null when there is none. */
export const moving = signal(null);

function current() {
  const { now, at, speed, frozen } = read.peek();
  return frozen ? now : now + (Date.now() - at) * speed;
}

let timer = 0;

function tick() {
  clearTimeout(timer);
  now.value = current();
  timer = setTimeout(tick, read.peek().speed > 1 ? FAST_TICK : TICK);
}
tick();

/** load asks what time it is; a server that does not say leaves all as it was. */
export async function load() {
  take(await api.clock());
  return true;
}

function take({ now, aheadSeconds, speed, frozen, nextDue }) {
  read.value = { now: Date.parse(now), at: Date.now(), speed, frozen, ahead: aheadSeconds * 1000, nextDue: nextDue ? Date.parse(nextDue) : null };
  tick();
}

// What runs while the clock is moved: words with how often they were told, and up to which event.
let ran = null, seen = 0;
const TOLD = ['attempt', 'relayed', 'bounced', 'badmail', 'delayed', 'expired'], PATIENCE = 3000;

function noteRun(events) {
  seen = events.at(-1)?.seq ?? seen;
  if (!ran) return;
  for (const { what = [] } of events) for (const word of TOLD) if (what.includes(word)) ran.words[word] = (ran.words[word] ?? 0) + 1;
  tellRun();
}

function tellRun() {
  if (!ran || seen < ran.until) return;
  say(TOLD.filter((word) => ran.words[word]).map((word) => `${ran.words[word]} ${t.pipeline.counted[word]}`).join(', ') || t.clock.nothingRan);
  ran = null;
}

/** endRun looks up to where events belong to the move. */
async function endRun() {
  const { cursor } = await api.pipeline();
  if (!ran) return;
  ran.until = cursor;
  tellRun();
  setTimeout(() => { ran = null; }, PATIENCE); // no events: we are not connected
}

/** apply returns false when events tell that the clock was moved, or what falls due next may be another. */
export function apply(events) {
  noteRun(events);
  const last = events.findLast(({ at }) => at);
  if (!last) return true;
  const off = Math.abs(Date.parse(last.at) - current()) > SLACK * Math.max(1, read.peek().speed);
  return !off && !events.some(({ type, mailboxes }) => type === 'clock' || mailboxes?.includes('@queue'));
}

let last = Promise.resolve();

/** set changes the clock, one change after another; it resolves when all that fell due has run, or the reader did not want to wait. */
export function set(change) {
  if (change.advance && moving.value) return last;
  return last = last.then(() => perform(change));
}

async function perform(change) {
  const request = moving.value = new AbortController();
  ran = change.advance ? { words: {}, until: Infinity } : null;
  try {
    take(await api.setClock(change, request.signal));
    if (change.advance) endRun().catch(() => { ran = null; });
  } catch (problem) {
    ran = null;
    if (problem.name !== 'AbortError') fail(problem);
    load().catch(() => {});
  } finally {
    moving.value = null;
  }
}
