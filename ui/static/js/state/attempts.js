// What clients tried that did not go as it should, newest first.
import { signal } from '@preact/signals';
import * as api from '../api.js';

const PAGE = 100, KEPT = 1000;

/** filter is a recipient, or a part of one. */
export const filter = signal('');

/** next is where older ones go on, '' at the end. */
export const attempts = signal({ phase: 'loading', rows: [], next: '', problem: null });

let asked = 0, loading = 0; // all requests, and those for the first page that are on their way

export const load = () => {
  loading++;
  return page('').finally(() => { loading--; });
};
export const more = () => page(attempts.value.next);

/** page asks for the first ones, or those that follow; only the latest answer counts. */
async function page(before) {
  const number = ++asked;
  try {
    const { attempts: found, next } = await api.attempts({ to: filter.value.trim(), limit: PAGE, before });
    if (number === asked) attempts.value = { phase: 'ready', rows: before ? attempts.value.rows.concat(found) : found, next, problem: null };
    return true;
  } catch (problem) {
    if (number === asked && !before) attempts.value = { ...attempts.value, phase: 'failed', problem };
    throw problem;
  }
}

/** apply brings in what events tell. It returns false when they do not say enough: what a filter finds only the server knows, and an answer on its way may be older. */
export function apply(events) {
  const news = events.filter(({ type }) => type === 'attempted').map(({ attempt }) => attempt);
  if (!news.length) return true;
  const { phase, rows } = attempts.value;
  if (phase !== 'ready' || loading || filter.value.trim() || !news.every(Boolean)) return false;
  const known = new Set(rows.slice(0, news.length + PAGE).map(({ id }) => id));
  const all = news.reverse().filter(({ id }) => !known.has(id)).concat(rows);
  const next = all.length > KEPT ? all[KEPT - 1].id : attempts.value.next;
  attempts.value = { ...attempts.value, rows: all.slice(0, KEPT), next };
  return true;
}
