// The server's clock. All that is relative on the page is so to this one: it may
// be ahead, stand still, or run fast.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';
import { fail } from './notices.js';

const TICK = 20_000, FAST_TICK = 1000; // milliseconds between two readings
const SLACK = 3000; // milliseconds that an event may be off what we take the time for

/** now, in milliseconds, ticks often enough for relative times. */
export const now = signal(Date.now());

/** clock is what the server said, and at what time here; ahead and nextDue in milliseconds, nextDue 0 for never. */
export const clock = signal({ now: Date.now(), at: Date.now(), speed: 1, frozen: false, ahead: 0, nextDue: 0 });

/** real says that the server's time passes as the system's does. */
export const real = computed(() => !clock.value.frozen && clock.value.speed === 1 && Math.abs(clock.value.ahead) < 1000);

/** moving is the AbortController of a change on its way; null when there is none. */
export const moving = signal(null);

function current() {
  const { now, at, speed, frozen } = clock.peek();
  return frozen ? now : now + (Date.now() - at) * speed;
}

let timer = 0;

function tick() {
  clearTimeout(timer);
  now.value = current();
  timer = setTimeout(tick, clock.peek().speed > 1 ? FAST_TICK : TICK);
}
tick();

/** load asks what time it is; a server that does not say leaves all as it was. */
export async function load() {
  take(await api.clock());
  return true;
}

function take({ now, aheadSeconds, speed, frozen, nextDue }) {
  clock.value = { now: Date.parse(now), at: Date.now(), speed, frozen, ahead: aheadSeconds * 1000, nextDue: nextDue ? Date.parse(nextDue) : 0 };
  tick();
}

/** apply returns false when events tell that the clock was moved, or what falls due next may be another. */
export function apply(events) {
  const last = events.findLast(({ at }) => at);
  if (!last) return true;
  const off = Math.abs(Date.parse(last.at) - current()) > SLACK * Math.max(1, clock.peek().speed);
  return !off && !events.some(({ type, mailboxes }) => type === 'clock' || mailboxes?.includes('@queue'));
}

let last = Promise.resolve();

/** set changes the clock, one change after another; it resolves when all that fell due has run, or the reader did not want to wait. */
export const set = (change) => last = last.then(() => perform(change));

async function perform(change) {
  const request = moving.value = new AbortController();
  try {
    take(await api.setClock(change, request.signal));
  } catch (problem) {
    if (problem.name !== 'AbortError') fail(problem);
    load().catch(() => {});
  } finally {
    moving.value = null;
  }
}
