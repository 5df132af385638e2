// The way of the mail: what is at each station, and what moves between them.
import { signal } from '@preact/signals';
import * as api from '../api.js';

/** pipeline is what GET /v1/pipeline says; null before. */
export const pipeline = signal(null);

/** dots are {key, edge, n} that travel now. */
export const dots = signal([]);

const TRAVEL = 600; // milliseconds, as in pipeline.css
const MOST = 6; // dots at once

export async function load() {
  pipeline.value = await api.pipeline();
  return true;
}

/** edges: from, to, and how they go where the picture lies, and where it stands; '' is to the right. */
export const edges = {
  sent: ['senders', 'rules', '', 'down'], picked: ['pickup', 'rules', '', 'down'], refused: ['rules', 'refused', 'down', ''], delivered: ['rules', 'mailboxes', '', 'around'],
  queued: ['rules', 'queue', '', 'down'], lost: ['rules', 'badmail', '', ''], relayed: ['queue', 'relayed', '', ''], kept: ['queue', 'mailboxes', '', 'down'],
  given: ['queue', 'badmail', '', ''], written: ['mailboxes', 'drop', '', 'down'],
};

/** fromRules are the edges to where a new delivery is, by its state. */
const fromRules = { delivered: 'delivered', queued: 'queued', held: 'queued', bouncing: 'queued', lost: 'lost' };

/** apply lets what events tell travel. It returns false when they may have changed a number. */
export function apply(events) {
  if (!document.hidden) events.forEach(follow);
  depart();
  return events.every(({ type }) => type === 'hello');
}

function follow({ type, via, what, deliveries, from, attempt }) {
  if (type === 'attempted') attempt?.message ? wait('refused') : wait('sent', ['refused']);
  if (type === 'added') {
    const states = deliveries.map(({ state }) => state);
    if (via !== 'REPORT' && via !== 'RELEASE') wait(via === 'PICKUP' ? 'picked' : 'sent', states.map((state) => fromRules[state]));
    else if (states.includes('delivered')) wait('kept'); // comes back to its sender
  }
  if (type !== 'updated') return;
  if (what.includes('relayed')) wait('relayed');
  else if (from === '@queue' && what.includes('badmail')) wait('given');
  else if (from === '@queue' && what.includes('delivered')) wait('kept');
}

const waiting = new Map(); // edge → {n, then: edges}: what a burst brings travels as one dot

function wait(edge, then = []) {
  if (!edge) return;
  const one = waiting.get(edge) ?? { n: 0, then: [] };
  one.n++;
  one.then.push(...then);
  waiting.set(edge, one);
}

let keys = 0;

function depart() {
  for (const [edge, { n, then }] of waiting) {
    if (dots.value.length >= MOST || dots.value.some((dot) => dot.edge === edge)) continue;
    waiting.delete(edge);
    const key = ++keys;
    dots.value = [...dots.value, { key, edge, n }];
    setTimeout(() => {
      dots.value = dots.value.filter((dot) => dot.key !== key);
      for (const next of then) wait(next);
      if (edges[edge][1] === 'mailboxes' && pipeline.value?.drop.folder) for (let i = 0; i < n; i++) wait('written');
      depart();
    }, TRAVEL);
  }
}
