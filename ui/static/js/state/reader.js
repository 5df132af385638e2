// The message that is open.
import { signal } from '@preact/signals';
import * as api from '../api.js';
import * as feed from './feed.js';
import { fail } from './notices.js';

const closed = { id: '', phase: 'none', message: null, problem: null, remote: false, codes: [], links: [], originals: [], reports: [] };

/**
 * phase is 'none', 'loading', 'ready', 'gone' or 'failed'; remote lets the HTML fetch what it refers to elsewhere;
 * codes, links, and mail here that it is about (originals) or that is about it (reports) are known a little later;
 * part or offset is what is pointed to.
 */
export const opened = signal(closed);

let request = null;
let told = 0; // how many events there were about it

/** read asks for a message until no event has crossed the answer, or so many have that there will be others. */
async function read(id, given) {
  for (let tries = 3; ; tries--) {
    const before = told, message = await api.message(id, given);
    if (told === before || !tries) return message;
  }
}

/** change says more of a message, if that is still open. */
export function change(id, more) {
  if (opened.value.id === id) opened.value = { ...opened.value, ...more };
}

/** open loads a message and marks it as seen; '' closes. */
export async function open(id, box) {
  request?.abort();
  request = new AbortController();
  const { signal: given } = request;
  opened.value = { ...closed, id, phase: id ? 'loading' : 'none' };
  if (!id) return;
  try {
    const message = await read(id, given);
    change(id, { phase: 'ready', message });
    for (const ask of [api.codes, api.links, api.related]) ask(id, given).then((found) => change(id, found), () => {});
    if (!feed.seenIn(box, message)) await setSeen(true, box);
  } catch (problem) {
    if (problem.name !== 'AbortError') change(id, { phase: problem.status === 404 ? 'gone' : 'failed', problem });
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
  const { message } = opened.value, row = feed.feed.value.rows.find((one) => one.id === id);
  if (message) change(id, { message: { ...message, ...mark(message) } });
  if (row) feed.patch(id, mark(row));
}

/** refresh reads the open message again: its trail has grown, or it is gone. */
export async function refresh() {
  const { id, message } = opened.value;
  if (!message) return true;
  try {
    const now = await read(id, request.signal);
    if (opened.value.message) change(id, { message: now });
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    change(id, { phase: 'gone', message: null });
  }
  return true;
}

/** apply brings in what happened to the open message. It returns false when that has to be asked for: trails are not told. */
export function apply(events) {
  let complete = true;
  for (const { type, id, message, gone, from, deliveries: changed } of events) {
    const { message: now } = opened.value;
    if (id !== opened.value.id) continue;
    told++;
    if (type === 'removed' && gone) change(id, { phase: 'gone', message: null });
    if (type !== 'updated' || !message || !now) continue;
    const trails = new Map(now.deliveries.map(({ number, trail }) => [number, trail]));
    const deliveries = message.deliveries.map((one) => ({ ...one, trail: trails.get(one.number) ?? [] }));
    change(id, { message: { ...now, seen: message.seen, deliveries } });
    if (from || changed.some(({ state }) => state !== 'delivered')) complete = false;
  }
  return complete;
}
