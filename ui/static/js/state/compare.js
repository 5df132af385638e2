// The choice of two messages to be compared.
import { effect, signal } from '@preact/signals';
import * as api from '../api.js';
import { quoted } from '../complete.js';
import { go, route } from '../router.js';

/** first is {id, subject, like} of the message to be compared with the next that is opened; like is an earlier one of that subject. */
export const first = signal(null);

export const cancel = () => { first.value = null; };

/** compare shows two messages, the older at the left. */
export function compare(ids, options) {
  const [a, b] = [...ids].sort();
  go({ view: 'compare', sub: `a=${a}&b=${b}` }, options);
}

/** pick makes a message the first of two. */
export async function pick({ id, subject }) {
  first.value = { id, subject };
  const found = subject && await api.messages({ q: 'subject:' + quoted(subject), before: id, limit: 1 }).catch(() => null);
  if (found && first.value?.id === id) first.value = { id, subject, like: found.messages[0] };
}

effect(() => {
  const { id } = route.value, { value: one } = first;
  if (!one || !id || id === one.id) return;
  cancel();
  queueMicrotask(() => compare([id, one.id], { replace: true }));
});
