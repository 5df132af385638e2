// The HTTP API, one function for each thing the page asks of it. All of them
// reject with a Problem.
import { base } from './base.js';
import { t } from './strings.js';

const API = base + '/v1';

/** What went wrong, in words for the reader. status is 0 when no answer came; where is the part of the request at fault. */
export class Problem extends Error {
  constructor(status, message, where) {
    super(message);
    this.status = status;
    this.where = where;
  }
}

export const info = () => get('/info');
export const mailboxes = () => get('/mailboxes');
export const messages = (query, signal) => get('/messages' + params(query), signal);
export const message = (id, signal) => get(one('messages', id), signal);
export const setSeen = (id, seen, mailbox) => send('PUT', one('messages', id, '/seen'), { seen, mailbox });
export const setAllSeen = (mailbox) => send('POST', '/messages/seen', { mailbox, seen: true });
export const remove = (id) => send('DELETE', one('messages', id));
export const empty = (mailbox, until) => send('DELETE', '/messages' + params(mailbox ? { mailbox, until } : { all: true, until }), undefined, undefined, true);
export const removeMany = (ids, mailbox) => send('POST', '/messages/delete', { ids, mailbox }, undefined, true);
export const setManySeen = (ids, seen, mailbox) => send('POST', '/messages/seen', { ids, seen, mailbox });
export const codes = (id, signal) => get(one('messages', id, '/codes'), signal);
export const links = (id, signal) => get(one('messages', id, '/links'), signal);
export const related = (id, signal) => get(one('messages', id, '/related'), signal);
export const release = (id, mail) => send('POST', one('messages', id, '/release'), mail);
export const compose = (draft) => send('POST', '/messages/compose', draft);
export const reply = (id, query) => get(one('messages', id, '/reply') + params(query));
export const resend = (id, envelope) => send('POST', one('messages', id, '/resend'), envelope);
export const queue = (query) => get('/queue' + params(query));
export const pipeline = () => get('/pipeline');
export const actOnQueue = (action) => send('POST', '/queue', action);
export const clock = () => get('/clock');
export const setClock = (change, signal) => send('POST', '/clock', change, signal);
export const attempts = (query) => get('/attempts' + params(query));
export const sessions = (query) => get('/sessions' + params(query));
export const session = (id) => get(one('sessions', id));
export const clearAttempts = () => send('DELETE', '/attempts');
export const rules = () => get('/rules');
export const addRule = (text) => send('POST', '/rules', { text });
export const setRule = (id, text) => send('PUT', one('rules', id), { text });
export const removeRule = (id) => send('DELETE', one('rules', id));
export const resetRules = (ids) => send('POST', '/rules/reset', { ids });
export const checkRule = (text, signal) => send('POST', '/rules/check', { text }, signal);
export const tryRule = (trial, signal) => send('POST', '/rules/try', trial, signal);
export const ruleLanguage = () => get('/rules/language');
export const magic = () => get('/magic');
export const settings = () => get('/settings');
export const changeSettings = (values) => send('PATCH', '/settings', values);
export const logOut = () => request(base + '/logout', { method: 'POST' }).then(() => location.reload());
export const sendSample = () => send('POST', '/messages/sample');

/** Addresses of things that the browser fetches by itself. */
const url = (...path) => API + one(...path);

export const rawURL = (id) => url('messages', id, '/raw');
export const htmlURL = (id, remote) => url('messages', id, '/html') + (remote ? '?remote=1' : '');
export const partURL = (id, part) => url('messages', id, '/parts/') + encodeURIComponent(part);
export const asFile = (url) => url + '?download=1';
export const attemptURL = (id) => url('attempts', id, '/raw');
export const eventsURL = (after) => API + '/events' + params({ after });

/** At most limit bytes at url, from one on, and how many there are in all; of what has no ranges that is Infinity when there are more. */
export async function head(url, limit, signal, from = 0) {
  const response = await request(url, { headers: { Range: `bytes=${from}-${from + limit - 1}` }, signal }, 416);
  if (response.status === 416) return { bytes: new Uint8Array(), total: 0 }; // an empty body has no first byte
  const reader = response.body.getReader(), got = [];
  let size = 0;
  for (let next; size <= limit && !(next = await reader.read()).done; size += next.value.length) got.push(next.value);
  reader.cancel();
  const bytes = new Uint8Array(await new Blob(got).slice(0, limit).arrayBuffer());
  const total = Number(/\/(\d+)$/.exec(response.headers.get('Content-Range'))?.[1] ?? (size > limit ? Infinity : size));
  return { bytes, total };
}

export const text = async (url, signal) => (await request(url, { signal })).text();

/** showable says whether the browser would show what is at url, rather than save it. */
export const showable = async (url, signal) => /^inline/.test((await request(url, { method: 'HEAD', signal })).headers.get('Content-Disposition'));

/** one is the path of one thing of a kind, or of what it has. */
const one = (kind, id, rest = '') => `/${kind}/${encodeURIComponent(id)}${rest}`;

function params(query) {
  const given = Object.entries(query).filter(([, value]) => (value ?? '') !== '');
  return given.length ? '?' + new URLSearchParams(given) : '';
}

const get = async (path, signal) => (await request(API + path, { signal })).json();

const KEEPALIVE = 60_000; // octets that browsers send after the end of the page

/** send with last is also sent when the page ends. */
async function send(method, path, body, signal, last) {
  const init = { method, signal };
  if (body) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  init.keepalive = Boolean(last) && (init.body?.length ?? 0) < KEEPALIVE;
  const text = await (await request(API + path, init)).text();
  return text ? JSON.parse(text) : null;
}

async function request(url, init, accepted) {
  const response = await fetch(url, init).catch((error) => {
    throw error.name === 'AbortError' ? error : new Problem(0, t.errors.unreachable);
  });
  const { ok, status } = response;
  if (ok || status === accepted) return response;
  if (status === 401) window.location.reload(); // to the login, and back
  const { errors: [first] = [], detail, title } = await response.json().catch(() => ({}));
  const { message, location } = first ?? {};
  throw new Problem(status, message || detail || title || t.errors.status(status), location?.replace(/^body\.|\[.*/g, ''));
}
