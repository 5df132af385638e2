// SMTP sessions, newest first, and the one that is open. No event tells of them:
// they are asked for each second while somebody looks.
import { signal } from '@preact/signals';
import * as api from '../api.js';

const LIMIT = 300, PAUSE = 1000;

/** show is 'all', 'open' or 'wrong'; find a part of a client's address or name, or of a user's. */
export const filter = signal({ show: 'all', find: '' });

export const sessions = signal({ phase: 'loading', rows: [], problem: null });

/** session is the one that is open, with its lines; talk is null until it is there. */
export const session = signal({ id: '', talk: null, problem: null });

let watching = false, timer = 0, asked = 0;

/** watch begins and ends to ask for them. */
export function watch(on) {
  watching = on;
  look();
}

async function look() {
  const { id, talk } = session.value;
  if (watching && !document.hidden) await Promise.all([load(), id && !talk?.endedAt && read(id)]);
  clearTimeout(timer);
  if (watching) timer = setTimeout(look, PAUSE);
}

/** put leaves a signal alone that has the same value. */
function put(place, value) {
  if (JSON.stringify(value) !== JSON.stringify(place.value)) place.value = value;
}

export async function load() {
  const number = ++asked, { show, find } = filter.value;
  try {
    const { sessions: rows } = await api.sessions({ open: show === 'open', errors: show === 'wrong', find: find.trim(), limit: LIMIT });
    if (number === asked) put(sessions, { phase: 'ready', rows, problem: null });
  } catch (problem) {
    if (!sessions.value.rows.length) sessions.value = { phase: 'failed', rows: [], problem };
  }
}

/** open shows a session; '' closes. */
export function open(id) {
  session.value = { id, talk: null, problem: null };
  if (id) read(id);
}

async function read(id) {
  try {
    const talk = await api.session(id);
    if (session.value.id === id) put(session, { id, talk, problem: null });
  } catch (problem) {
    if (session.value.id === id && !session.value.talk) session.value = { id, talk: null, problem };
  }
}
