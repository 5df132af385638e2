// The messages that are chosen to do something to all of them.
import { computed, effect, signal } from '@preact/signals';
import { address, route } from '../router.js';
import { feed } from './feed.js';

const marked = signal(new Map()); // rows by id, in the order in which they were chosen
let anchor = '';                  // where a range starts

/** chosenRows are the chosen rows as they are now, without those that are known to have left the list. */
export const chosenRows = computed(() => {
  if (!marked.value.size) return [];
  const { rows, first, total, ended } = feed.value, now = new Map(rows.map((row) => [row.id, row]));
  const far = ({ id }) => first > 0 && id > rows[0]?.id || (!ended || first + rows.length < total) && id < rows.at(-1)?.id;
  return [...marked.value.values()].map((row) => now.get(row.id) ?? (far(row) ? row : null)).filter(Boolean);
});

/** chosen are their ids. */
export const chosen = computed(() => chosenRows.value.map(({ id }) => id));

const ids = computed(() => new Set(chosen.value));
export const isChosen = (id) => ids.value.has(id);

export function clear() {
  anchor = '';
  if (marked.peek().size) marked.value = new Map();
}

const mark = (rows) => { marked.value = new Map(rows.map((row) => [row.id, row])); };
const add = (rows) => mark([...chosenRows.value, ...rows]);

/** toggle chooses a row, or lets it go; a range starts there. */
export function toggle(row) {
  anchor = row.id;
  if (isChosen(row.id)) mark(chosenRows.value.filter(({ id }) => id !== row.id));
  else add([row]);
}

/** extend chooses all from where a range starts, or else from a row, to another. */
export function extend(from, to) {
  const { rows } = feed.value, at = (id) => rows.findIndex((row) => row.id === id);
  if (at(anchor) < 0) anchor = from;
  const [first, last] = [at(anchor), at(to)].sort((a, b) => a - b);
  add(rows.slice(Math.max(0, first), last + 1));
}

/** all chooses all rows that are there. */
export const all = () => add(feed.value.rows);

/** place is the list that is shown: what is chosen is of it. */
export const place = computed(() => { const { box, view, q } = route.value; return view + address({ box, q }); });
effect(() => { place.value; clear(); });
