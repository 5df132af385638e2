// The HTTP API, one function for each thing the page asks of it. All of them
// reject with a Problem.
import { base } from './base.js';
import { t } from './strings.js';

const API = base + '/v1';

/** What went wrong, in words for the reader. status is 0 when no answer came; where is the part of the request at fault. */
export class Problem extends Error {
  constructor(status, title, detail, first, all) {
    super(first?.message || detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.where = first?.location;
    this.all = all;
  }
}

export const info = () => get(API + '/info');
export const mailboxes = () => get(API + '/mailboxes');
export const messages = (query, signal) => get(API + '/messages?' + params(query), signal);
export const message = (id, signal) => get(messagePath(id), signal);
export const setSeen = (id, seen, mailbox) => send('PUT', messagePath(id) + '/seen', { seen, mailbox });
export const setAllSeen = (mailbox) => send('POST', API + '/messages/seen', { mailbox, seen: true });
export const remove = (id, mailbox) => send('DELETE', messagePath(id) + (mailbox ? '?' + params({ mailbox }) : ''));
export const empty = (mailbox, until) => send('DELETE', API + '/messages?' + params(mailbox ? { mailbox, until } : { all: true, until }), undefined, undefined, true);
export const removeMany = (ids, mailbox) => send('POST', API + '/messages/delete', { ids, mailbox }, undefined, true);
export const setManySeen = (ids, seen, mailbox) => send('POST', API + '/messages/seen', { ids, seen, mailbox });
export const codes = (id, signal) => get(messagePath(id) + '/codes', signal);
export const links = (id, signal) => get(messagePath(id) + '/links', signal);
export const related = (id, signal) => get(messagePath(id) + '/related', signal);
export const release = (id, mail) => send('POST', messagePath(id) + '/release', mail);
export const compose = (draft) => send('POST', API + '/messages/compose', draft);
export const reply = (id, query) => get(messagePath(id) + '/reply?' + params(query));
export const resend = (id, envelope) => send('POST', messagePath(id) + '/resend', envelope);
export const queue = (query) => get(API + '/queue?' + params(query));
export const pipeline = () => get(API + '/pipeline');
export const actOnQueue = (action) => send('POST', API + '/queue', action);
export const clock = () => get(API + '/clock');
export const setClock = (change, signal) => send('POST', API + '/clock', change, signal);
export const attempts = (query) => get(API + '/attempts?' + params(query));
export const sessions = (query) => get(API + '/sessions?' + params(query));
export const session = (id) => get(API + '/sessions/' + encodeURIComponent(id));
export const clearAttempts = () => send('DELETE', API + '/attempts');
export const rules = () => get(API + '/rules');
export const addRule = (text) => send('POST', API + '/rules', { text });
export const setRule = (id, text) => send('PUT', rulePath(id), { text });
export const removeRule = (id) => send('DELETE', rulePath(id));
export const resetRules = (ids) => send('POST', API + '/rules/reset', { ids });
export const checkRule = (text, signal) => send('POST', API + '/rules/check', { text }, signal);
export const tryRule = (trial, signal) => send('POST', API + '/rules/try', trial, signal);
export const ruleLanguage = () => get(API + '/rules/language');
export const magic = () => get(API + '/magic');
export const sendSample = () => send('POST', API + '/messages/sample');

/** Addresses of things that the browser fetches by itself. */
export const rawURL = (id) => messagePath(id) + '/raw';
export const textURL = (id) => messagePath(id) + '/text';
export const htmlURL = (id, remote) => messagePath(id) + '/html' + (remote ? '?remote=1' : '');
export const partURL = (id, part) => messagePath(id) + '/parts/' + encodeURIComponent(part);
export const asFile = (url) => url + '?download=1';
export const transcriptURL = (id) => messagePath(id) + '/transcript';
export const attemptURL = (id) => API + '/attempts/' + encodeURIComponent(id) + '/raw';
export const eventsURL = (after) => {
  const url = new URL(API + '/events', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (after) url.searchParams.set('after', after);
  return url.href;
};

/** At most limit bytes at url, from one on, and how many there are in all; of what has no ranges that is Infinity when there are more. */
export async function head(url, limit, signal, from = 0) {
  const response = await request(url, { headers: { Range: `bytes=${from}-${from + limit - 1}` }, signal }, [416]);
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

const messagePath = (id) => API + '/messages/' + encodeURIComponent(id);

const rulePath = (id) => API + '/rules/' + encodeURIComponent(id);

function params(query) {
  return new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '' && value !== undefined));
}

const get = async (path, signal) => (await request(path, { signal })).json();

const KEEPALIVE = 60_000; // octets that browsers send after the end of the page

/** send with last is also sent when the page ends. */
async function send(method, path, body, signal, last) {
  const init = { method, signal };
  if (body) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  init.keepalive = Boolean(last) && (init.body?.length ?? 0) < KEEPALIVE;
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
  throw new Problem(response.status, problem.title || t.errors.status(response.status), problem.detail, problem.errors?.[0], problem.errors);
}
