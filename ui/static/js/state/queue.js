// The queue: the hops that mail waits for, and the deliveries that wait.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';

const PAGE = 200, MOST = 1000; // deliveries asked for at once, and that may be

/** phase is 'loading', 'ready' or 'failed'; deliveries are those of hop, or with '' all; next is where more go on, '' at the end. */
export const queue = signal({ phase: 'loading', hops: [], deliveries: [], next: '', hop: '', problem: null });

const marked = signal(new Set());

/** selected are the ids of the deliveries that are chosen and still there. */
export const selected = computed(() => queue.value.deliveries.filter(({ id }) => marked.value.has(id)).map(({ id }) => id));

export function select(ids, on) {
  const all = new Set(selected.value);
  for (const id of ids) all[on ? 'add' : 'delete'](id);
  marked.value = all;
}

/** show shows the deliveries that wait for a hop, or with '' all. */
export function show(hop) {
  queue.value = { ...queue.value, hop };
  return load().catch(() => {});
}

let asked = 0;

/** load asks again for as much as is shown. */
export async function load() {
  const { hop, deliveries } = queue.value, number = ++asked;
  try {
    const answer = await api.queue({ hop, limit: Math.min(MOST, Math.max(PAGE, deliveries.length)) });
    if (number === asked) take(answer);
    return true;
  } catch (problem) {
    if (number === asked && queue.value.phase !== 'ready') queue.value = { ...queue.value, phase: 'failed', problem };
    throw problem;
  }
}

/** take shows an answer; when nothing waits any more for the hop that was chosen, all hops are. */
function take({ hops, deliveries, nextPage }, before = []) {
  const { hop } = queue.value;
  if (hop && hops.every(({ name }) => name !== hop)) return show('');
  queue.value = { ...queue.value, phase: 'ready', problem: null, hops, deliveries: before.concat(deliveries), next: nextPage };
}

/** more asks for the deliveries that follow. */
export async function more() {
  const { hop, next, deliveries } = queue.value, number = ++asked;
  const answer = await api.queue({ hop, limit: PAGE, before: next });
  if (number === asked) take(answer, deliveries);
}

/** apply returns false when events may have changed what is shown. */
export function apply(events) {
  return !events.some(({ mailboxes, from, type, mailbox }) =>
    from === '@queue' || mailboxes?.includes('@queue') || (type === 'cleared' && !mailbox));
}
