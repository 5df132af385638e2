// The message that is open.
import { signal } from '@preact/signals';
import * as api from '../api.js';
import * as feed from './feed.js';
import { fail } from './notices.js';

/** phase is 'none', 'loading', 'ready', 'gone' or 'failed'. */
export const opened = signal({ id: '', phase: 'none', message: null, problem: null, remote: false });

let request = null;

/** open loads a message and marks it as seen; '' closes. */
export async function open(id, box) {
  request?.abort();
  if (!id) {
    opened.value = { id: '', phase: 'none', message: null, problem: null, remote: false };
    return;
  }
  request = new AbortController();
  opened.value = { id, phase: 'loading', message: null, problem: null, remote: false };
  try {
    const message = await api.message(id, request.signal);
    opened.value = { ...opened.value, phase: 'ready', message };
    if (!feed.seenIn(box, message)) await setSeen(true, box);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    opened.value = { ...opened.value, phase: problem.status === 404 ? 'gone' : 'failed', problem };
  }
}

/** setSeen marks the open message, in one mailbox or with '' in all. */
export async function setSeen(seen, box) {
  const { id } = opened.value;
  note(id, seen, box);
  try {
    await api.setSeen(id, seen, box);
  } catch (problem) {
    note(id, !seen, box);
    fail(problem);
  }
}

/** note shows at once what the server is being told. */
function note(id, seen, box) {
  const mark = (message) => {
    const deliveries = message.deliveries.map((one) => (!box || one.mailbox === box ? { ...one, seen } : one));
    return { seen: deliveries.every((one) => one.seen), deliveries };
  };
  const { message } = opened.value;
  if (message?.id === id) opened.value = { ...opened.value, message: { ...message, ...mark(message) } };
  const row = feed.feed.value.rows.find((one) => one.id === id);
  if (row) feed.patch(id, mark(row));
}

/** showRemote lets the HTML view fetch what the mail refers to elsewhere. */
export function showRemote(remote) { opened.value = { ...opened.value, remote }; }

/** refresh reads the open message again: its trail has grown. */
export async function refresh() {
  const { id } = opened.value;
  if (!opened.value.message) return true;
  const message = await api.message(id);
  if (opened.value.id === id && opened.value.message) opened.value = { ...opened.value, message };
  return true;
}

/** apply brings in what happened to the open message. It returns false when that has to be asked for: trails are not told. */
export function apply(events) {
  let complete = true;
  for (const { type, id, message, gone, from, deliveries: changed } of events) {
    if (id !== opened.value.id) continue;
    if (type === 'removed' && gone) opened.value = { ...opened.value, phase: 'gone', message: null };
    if (type === 'updated' && message && opened.value.message) {
      const { seen } = message, trails = new Map(opened.value.message.deliveries.map(({ number, trail }) => [number, trail]));
      const deliveries = message.deliveries.map((one) => ({ ...one, trail: trails.get(one.number) ?? [] }));
      opened.value = { ...opened.value, message: { ...opened.value.message, seen, deliveries } };
      if (from || changed.some(({ state }) => state !== 'delivered')) complete = false;
    }
  }
  return complete;
}
