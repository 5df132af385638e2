// What clients tried that did not go as it should, newest first.
import { signal } from '@preact/signals';
import * as api from '../api.js';

const PAGE = 100, KEPT = 1000;

/** filter is a part of an address, and whose it is: 'to' or 'from'. */
export const filter = signal({ text: '', of: 'to' });

/** next is where older ones go on, '' at the end. */
export const attempts = signal({ phase: 'loading', rows: [], next: '', problem: null });

let asked = 0;

const query = () => ({ [filter.value.of]: filter.value.text.trim(), limit: PAGE });

export async function load() {
  const number = ++asked;
  try {
    const { attempts: rows, next } = await api.attempts(query());
    if (number === asked) attempts.value = { phase: 'ready', rows, next, problem: null };
    return true;
  } catch (problem) {
    if (number === asked) attempts.value = { ...attempts.value, phase: 'failed', problem };
    throw problem;
  }
}

export async function more() {
  const { rows, next } = attempts.value, number = ++asked;
  const page = await api.attempts({ ...query(), before: next });
  if (number === asked) attempts.value = { ...attempts.value, rows: rows.concat(page.attempts), next: page.next };
}

/** apply brings in what events tell. It returns false when they do not say enough: what a filter finds only the server knows. */
export function apply(events) {
  const told = events.filter(({ type }) => type === 'attempted').map(({ attempt }) => attempt);
  if (!told.length) return true;
  if (filter.value.text.trim() || !told.every(Boolean)) return false;
  const { phase, rows } = attempts.value;
  if (phase !== 'ready') return false;
  const known = new Set(rows.slice(0, told.length + PAGE).map(({ id }) => id));
  const all = told.reverse().filter(({ id }) => !known.has(id)).concat(rows);
  const next = all.length > KEPT ? all[KEPT - 1].id : attempts.value.next;
  attempts.value = { ...attempts.value, rows: all.slice(0, KEPT), next };
  return true;
}
