// What clients tried that did not go as it should, newest first.
import { signal } from '@preact/signals';
import * as api from '../api.js';

const PAGE = 100, KEPT = 1000;

/** filter is a recipient, or a part of one. */
export const filter = signal('');

/** next is where older ones go on, '' at the end. */
export const attempts = signal({ phase: 'loading', rows: [], next: '', problem: null });

let asked = 0;

export const load = () => page('', []);
export const more = () => page(attempts.value.next, attempts.value.rows);

/** page asks for what comes behind some rows; only the latest answer counts. */
async function page(before, rows) {
  const number = ++asked;
  try {
    const { attempts: found, next } = await api.attempts({ to: filter.value.trim(), limit: PAGE, before });
    if (number === asked) attempts.value = { phase: 'ready', rows: rows.concat(found), next, problem: null };
    return true;
  } catch (problem) {
    if (number === asked && !before) attempts.value = { ...attempts.value, phase: 'failed', problem };
    throw problem;
  }
}

/** apply brings in what events tell. It returns false when they do not say enough: what a filter finds only the server knows. */
export function apply(events) {
  const told = events.filter(({ type }) => type === 'attempted').map(({ attempt }) => attempt);
  if (!told.length) return true;
  const { phase, rows } = attempts.value;
  if (phase !== 'ready' || filter.value.trim() || !told.every(Boolean)) return false;
  const known = new Set(rows.slice(0, told.length + PAGE).map(({ id }) => id));
  const all = told.reverse().filter(({ id }) => !known.has(id)).concat(rows);
  const next = all.length > KEPT ? all[KEPT - 1].id : attempts.value.next;
  attempts.value = { ...attempts.value, rows: all.slice(0, KEPT), next };
  return true;
}
