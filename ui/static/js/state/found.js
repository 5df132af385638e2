// What the server finds in the open message: codes, links, and mail here that it is about or that is about it.
import { signal } from '@preact/signals';
import * as api from '../api.js';

const nothing = { id: '', codes: [], links: [], originals: [], reports: [] };

export const found = signal(nothing);

/** foundIn is what was found in a message, as far as that is known yet. */
export const foundIn = ({ id }) => (found.value.id === id ? found.value : nothing);

/** find asks about a message, and forgets what was found in another. What it returns gives up. A message shows without as well. */
export function find(id) {
  const request = new AbortController();
  found.value = { ...nothing, id };
  const put = (more) => { if (found.value.id === id) found.value = { ...found.value, ...more }; };
  for (const ask of [api.codes, api.links, api.related]) ask(id, request.signal).then(put, () => {});
  return () => request.abort();
}
