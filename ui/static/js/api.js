// The HTTP API, one function for each thing the page asks of it. All of them
// reject with a Problem.
import { t } from './strings.js';

/** What went wrong, in words for the reader. status is 0 when no answer came; where is the part of the request at fault. */
export class Problem extends Error {
  constructor(status, title, detail, first) {
    super(first?.message || detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.where = first?.location;
  }
}

export const info = () => get('/v1/info');
export const mailboxes = () => get('/v1/mailboxes');
export const messages = (query, signal) => get('/v1/messages?' + params(query), signal);
export const message = (id, signal) => get(messagePath(id), signal);
export const setSeen = (id, seen, mailbox) => send('PUT', messagePath(id) + '/seen', { seen, mailbox });
export const setAllSeen = (mailbox) => send('POST', '/v1/messages/seen', { mailbox, seen: true });
export const remove = (id, mailbox) => send('DELETE', messagePath(id) + (mailbox ? '?' + params({ mailbox }) : ''));
export const empty = (mailbox) => send('DELETE', '/v1/messages?' + params(mailbox ? { mailbox } : { all: true }));
export const release = (id, mail) => send('POST', messagePath(id) + '/release', mail);
export const queue = (query) => get('/v1/queue?' + params(query));
export const actOnQueue = (action) => send('POST', '/v1/queue', action);
export const clock = () => get('/v1/clock');
export const setClock = (change, signal) => send('POST', '/v1/clock', change, signal);
export const attempts = (query) => get('/v1/attempts?' + params(query));
export const clearAttempts = () => send('DELETE', '/v1/attempts');
export const rules = () => get('/v1/rules');
export const addRule = (text) => send('POST', '/v1/rules', { text });
export const setRule = (id, text) => send('PUT', rulePath(id), { text });
export const removeRule = (id) => send('DELETE', rulePath(id));
export const resetRules = (ids) => send('POST', '/v1/rules/reset', { ids });
export const magic = () => get('/v1/magic');
export const sendSample = () => send('POST', '/v1/messages/sample');

/** Addresses of things that the browser fetches by itself. */
export const rawURL = (id) => messagePath(id) + '/raw';
export const textURL = (id) => messagePath(id) + '/text';
export const htmlURL = (id, remote) => messagePath(id) + '/html' + (remote ? '?remote=1' : '');
export const partURL = (id, part) => messagePath(id) + '/parts/' + encodeURIComponent(part);
export const asFile = (url) => url + '?download=1';
export const transcriptURL = (id) => messagePath(id) + '/transcript';
export const sessionTranscriptURL = (id) => `/v1/sessions/${encodeURIComponent(id)}/transcript`;
export const attemptURL = (id) => '/v1/attempts/' + encodeURIComponent(id) + '/raw';
export const eventsURL = (after) => {
  const url = new URL('/v1/events', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (after) url.searchParams.set('after', after);
  return url.href;
};

/** The first limit bytes at url, and whether there are more. */
export async function head(url, limit, signal) {
  const response = await request(url, { headers: { Range: `bytes=0-${limit - 1}` }, signal }, [416]);
  if (response.status === 416) return { bytes: new Uint8Array(), total: 0 }; // an empty body has no first byte
  const bytes = new Uint8Array(await response.arrayBuffer());
  const total = Number(/\/(\d+)$/.exec(response.headers.get('Content-Range'))?.[1] ?? bytes.length);
  return { bytes, total };
}

const messagePath = (id) => '/v1/messages/' + encodeURIComponent(id);

const rulePath = (id) => '/v1/rules/' + encodeURIComponent(id);

function params(query) {
  return new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '' && value !== undefined));
}

const get = async (path, signal) => (await request(path, { signal })).json();

async function send(method, path, body, signal) {
  const init = { method, signal };
  if (body) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const response = await request(path, init);
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

async function request(path, init, accepted = []) {
  let response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, t.errors.unreachable, t.errors.unreachableHint);
  }
  if (response.ok || accepted.includes(response.status)) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Problem(response.status, problem.title || t.errors.status(response.status), problem.detail, problem.errors?.[0]);
}
