// The way of the mail: what is at each station, and what moves between them.
import { signal } from '@preact/signals';
import * as api from '../api.js';

/** pipeline is what GET /v1/pipeline says; null before. */
export const pipeline = signal(null);

/** dots are {key, edge, n} that travel now; marks, the stations something came to while nothing may move. */
export const dots = signal([]);
export const marks = signal([]);

const TRAVEL = 600, MARKED = 1200; // milliseconds; the first as in pipeline.css
const MOST = 6; // dots at once

export async function load() {
  pipeline.value = await api.pipeline();
  return true;
}

/** apply returns false when events may have changed a number. */
export const apply = (events) => !events.some(({ type }) => type !== 'hello');

/** edges: from, to, and how they go where the picture lies, and where it stands; '' is to the right. */
export const edges = {
  sent: ['senders', 'rules', '', 'down'], picked: ['pickup', 'rules', '', 'down'], refused: ['rules', 'refused', 'down', ''], delivered: ['rules', 'mailboxes', '', 'around'],
  queued: ['rules', 'queue', '', 'down'], lost: ['rules', 'badmail', '', ''], relayed: ['queue', 'relayed', '', ''], kept: ['queue', 'mailboxes', '', 'down'],
  given: ['queue', 'badmail', '', ''], written: ['mailboxes', 'drop', '', 'down'],
};

const fromRules = { delivered: 'delivered', queued: 'queued', held: 'queued', bouncing: 'queued', lost: 'lost' };

/** show lets what events tell travel. */
export function show(events) {
  for (const event of events) follow(event);
  depart();
}

function follow({ type, via, what, deliveries, from, attempt }) {
  if (type === 'attempted') return attempt?.message ? wait('refused') : wait('sent', 1, { refused: 1 });
  if (type === 'added') {
    const then = {}, ours = via === 'REPORT' || via === 'RELEASE';
    for (const { state } of deliveries) {
      const edge = fromRules[state];
      if (edge && !ours) then[edge] = (then[edge] ?? 0) + 1;
      else if (state === 'delivered') wait('kept'); // comes back to its sender
    }
    if (!ours) wait(via === 'PICKUP' ? 'picked' : 'sent', 1, then);
  }
  if (type !== 'updated') return;
  if (what.includes('relayed')) wait('relayed');
  else if (from === '@queue' && what.includes('badmail')) wait('given');
  else if (from === '@queue' && what.includes('delivered')) wait('kept');
}

const waiting = new Map(); // edge → {n, then: {edge: n}}: what a burst brings travels as one dot

function wait(edge, n = 1, then = {}) {
  const one = waiting.get(edge) ?? { n: 0, then: {} };
  one.n += n;
  for (const [next, more] of Object.entries(then)) one.then[next] = (one.then[next] ?? 0) + more;
  waiting.set(edge, one);
}

let keys = 0;
const still = matchMedia('(prefers-reduced-motion: reduce)');

function depart() {
  for (const [edge, { n, then }] of waiting) {
    if (still.matches) {
      waiting.delete(edge);
      mark(edges[edge][1]);
      arrive({ edge, n, then });
    } else if (dots.value.length < MOST && !dots.value.some((dot) => dot.edge === edge)) {
      waiting.delete(edge);
      const dot = { key: ++keys, edge, n, then };
      dots.value = [...dots.value, dot];
      setTimeout(() => { dots.value = dots.value.filter((one) => one !== dot); arrive(dot); depart(); }, TRAVEL);
    }
  }
}

function arrive({ edge, n, then }) {
  for (const [next, more] of Object.entries(then)) wait(next, more);
  if (edges[edge][1] === 'mailboxes' && pipeline.value?.drop.folder) wait('written', n);
}

function mark(station) {
  if (marks.value.includes(station)) return;
  marks.value = [...marks.value, station];
  setTimeout(() => { marks.value = marks.value.filter((one) => one !== station); }, MARKED);
}

export function clear() { waiting.clear(); }
