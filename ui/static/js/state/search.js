// What stands in the search field, when it is asked, and what was asked before.
import { effect, signal } from '@preact/signals';
import { route, search } from '../router.js';
import { stored } from '../settings.js';

// Milliseconds without a key before what was typed is searched for.
const PAUSE = 200;
const KEPT = 20;

/** searches are those before, the latest first. */
export const searches = stored('searches', []);

export const text = signal('');

let timer = 0;

effect(() => {
  const { q } = route.value;
  // Who still types is not interrupted.
  if (!timer && q !== text.peek().trim()) text.value = q;
});

/** type takes what the field holds now; while a word is being composed nothing is asked. */
export function type(value, composing) {
  text.value = value;
  clearTimeout(timer);
  timer = composing ? 0 : setTimeout(ask, PAUSE);
}

/** searchFor asks at once, for a query that is gone back to. */
export function searchFor(query) {
  const q = query.trim();
  text.value = query;
  if (q) searches.value = [q, ...searches.value.filter((one) => one !== q)].slice(0, KEPT);
  ask({ keep: true });
}

export function clear() {
  text.value = '';
  ask();
}

function ask(options) {
  clearTimeout(timer);
  timer = 0;
  search(text.value.trim(), options);
}
