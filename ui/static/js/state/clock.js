// The server's clock. All that is relative on the page is so to this one: it may
// be ahead, stand still, or run fast.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';
import { fail } from './notices.js';
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

/** apply returns false when events tell that the clock was moved, or what falls due next may be another. */
export function apply(events) {
  const last = events.findLast(({ at }) => at);
  if (!last) return true;
  const off = Math.abs(Date.parse(last.at) - current()) > SLACK * Math.max(1, read.peek().speed);
  return !off && !events.some(({ type, mailboxes }) => type === 'clock' || mailboxes?.includes('@queue'));
}

/** set changes the clock; it resolves when all that fell due has run, or the reader did not want to wait. */
export async function set(change) {
  if (moving.value) return;
  const request = moving.value = new AbortController();
  try {
    take(await api.setClock(change, request.signal));
  } catch (problem) {
    if (problem.name !== 'AbortError') fail(t.errors.clockFailed, problem);
    load().catch(() => {});
  } finally {
    moving.value = null;
  }
}
