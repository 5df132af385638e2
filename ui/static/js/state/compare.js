// Two messages beside each other, and the choice of the second.
import { effect, signal } from '@preact/signals';
import * as api from '../api.js';
import { go, route } from '../router.js';

/** first is {id, subject, like} of the message to be compared with the next that is opened; like may be an earlier one of its kind. */
export const first = signal(null);

export const cancel = () => { first.value = null; };

/** compare shows the older message at the left. */
export const compare = (one, other) => go({ view: 'compare', a: one < other ? one : other, b: one < other ? other : one });

/** pick makes a message the first of two. */
export async function pick(message) {
  const { id, subject } = message;
  first.value = { id, subject, like: null };
  const like = await earlier(message).catch(() => null);
  if (first.value?.id === id) first.value = { id, subject, like };
}

/** earlier is the last message before that has the same subject, or else the same sender and recipient. */
async function earlier({ id, subject, from, envelope }) {
  const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const sender = from[0]?.address || envelope.from, to = envelope.to[0]?.address;
  const queries = [subject && `subject:${quoted(subject)}`, sender && to && `from:${quoted(sender)} rcpt:${quoted(to)}`];
  for (const q of queries.filter(Boolean)) {
    const { messages: [one] } = await api.messages({ q, before: id, limit: 1 });
    if (one) return one;
  }
  return null;
}

effect(() => {
  const { id } = route.value, { value: one } = first;
  if (!one || !id || id === one.id) return;
  first.value = null;
  queueMicrotask(() => go({ view: 'compare', a: id < one.id ? id : one.id, b: id < one.id ? one.id : id }, { replace: true }));
});

/** both are the messages that are compared. */
export const both = signal({ phase: 'loading', a: null, b: null, problem: null });

export async function load() {
  const { a, b } = route.value;
  const now = both.peek();
  if (now.phase === 'ready' && now.a.id === a && now.b.id === b) return true;
  both.value = { phase: 'loading', a: null, b: null, problem: null };
  try {
    const [one, other] = await Promise.all([api.message(a), api.message(b)]);
    if (route.value.a === a && route.value.b === b) both.value = { phase: 'ready', a: one, b: other, problem: null };
  } catch (problem) {
    both.value = { phase: 'failed', a: null, b: null, problem };
  }
  return true;
}
