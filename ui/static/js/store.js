// The state of the page, and how events get into it: collected as they come,
// applied once for each frame that the screen shows.
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import * as api from './api.js';
import { address, route } from './router.js';
import * as attempts from './state/attempts.js';
import * as clock from './state/clock.js';
import * as feed from './state/feed.js';
import * as mailboxes from './state/mailboxes.js';
import { say } from './state/notices.js';
import * as notify from './state/notify.js';
import * as pipeline from './state/pipeline.js';
import * as queue from './state/queue.js';
import * as reader from './state/reader.js';
import * as rules from './state/rules.js';
import * as sessions from './state/sessions.js';
import { t } from './strings.js';

const HELD = 2000;       // events collected before listing again is the cheaper way
const CALM = 1000;       // milliseconds between two listings
const CHECK = 5000;      // milliseconds between two looks at what tells nothing of itself: a clock, sessions, folders
const HIDDEN_FRAME = 250; // a page in the background gets no frames

export const info = signal(null);         // what GET /v1/info says
export const link = signal('connecting'); // connecting, live or reconnecting
export const rates = signal(Array(60).fill(0)); // mails in each of the last seconds

/** parts are what is loaded, and loaded again when apply says that events were not enough. */
const parts = { counts: mailboxes, list: feed, message: { load: reader.refresh, apply: reader.apply }, attempts, clock, rules, pipeline, queue };

/** The parts that are on the screen. */
const wanted = () => Object.keys(parts).filter((name) => (name !== 'queue' && name !== 'pipeline') || route.value.view === 'queue');

/** start loads everything and then listens, for as long as the page lives. */
export async function start() {
  loadInfo();
  await mailboxes.load().catch(() => {}); // what is asked for before may be older than the events that follow
  on(computed(() => address({ ...route.value, id: '' })), showList);
  on(computed(() => route.value.view === 'queue'), (shown) => shown && ['pipeline', 'queue'].forEach(later));
  on(computed(() => route.value.id), (id) => reader.open(id, route.peek().box));
  on(computed(() => route.value.view === 'sessions'), sessions.watch);
  on(computed(() => route.value.session), sessions.open);
  on(computed(() => mailboxes.mailboxes.value.total.unseen), showUnseen);
  ['clock', 'rules', 'attempts'].forEach(later);
  setInterval(countRate, 1000);
  setInterval(check, CHECK);
  connect(mailboxes.mailboxes.value.cursor);
}

function showList() {
  const { box, view, q } = route.value;
  if (!view) feed.show(box, q).then((complete) => complete || later('list'), () => {});
}

function check() {
  if (document.hidden) return;
  later('clock');
  if (route.value.view === 'queue') later('pipeline');
}

/** showUnseen lets one see in the browser's tabs that mail has come. */
function showUnseen(unseen) { document.title = unseen ? `(${unseen}) ${t.name}` : t.name; }

/** changeState notes how the connection is, and loads again what may have failed while it was lost. */
function changeState(state) {
  if (state === 'live' && link.value === 'reconnecting') {
    lost = true;
    wanted().forEach(later);
    if (info.value?.problem) loadInfo();
    if (reader.opened.value.phase === 'failed') reader.open(route.value.id, route.value.box);
  }
  link.value = state;
}

/** on calls back with each value of a signal, and with no other signal's. */
function on(source, callback) {
  effect(() => {
    const value = source.value;
    untracked(() => callback(value));
  });
}

export async function loadInfo() {
  info.value = await api.info().catch((problem) => ({ problem }));
}

let lost = false, missed = null; // the connection was; then: {from, until} of the events that came meanwhile

/** resume says that nothing is missing after a loss, once that is so. */
function resume(events) {
  for (const { type, seq, last } of events) {
    if (type === 'hello' && lost) missed = { from: seq, until: last };
    if (type === 'lagged' && missed) tell(t.status.lagged);
    else if (missed && seq >= missed.until) tell(t.status.caughtUp(missed.until - missed.from));
  }
}

function tell(text) {
  lost = false;
  missed = null;
  say(text);
}

let collected = [], scheduled = false, arrived = 0;

function collect(events) {
  resume(events);
  collected.push(...events);
  if (collected.length > HELD) collected = [{ type: 'lagged', seq: events.at(-1).seq }];
  arrived += events.filter(({ type }) => type === 'added').length;
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(flush, HIDDEN_FRAME);
  else requestAnimationFrame(flush);
}

function flush() {
  const events = collected;
  const incomplete = events.some(({ type }) => type === 'lagged');
  collected = [];
  scheduled = false;
  batch(() => {
    for (const name of wanted()) if (!parts[name].apply(events) || incomplete) later(name);
    notify.apply(events);
  });
}

const planned = {}; // name → {at: when it last ran, timer}

/** later loads a part now, or when the last time is long enough ago; and again when it was not enough, or failed though the server is there. */
function later(name) {
  const plan = planned[name] ??= { at: -CALM, timer: 0 };
  if (plan.timer) return;
  plan.timer = setTimeout(() => {
    plan.timer = 0;
    plan.at = performance.now();
    parts[name].load().then((complete) => complete || later(name), ({ status }) => link.value === 'live' && (!status || status >= 500) && later(name));
  }, Math.max(0, plan.at + CALM - performance.now()));
}

function countRate() {
  if (arrived || rates.value.some(Boolean)) rates.value = [...rates.value.slice(1), arrived];
  arrived = 0;
}

const FIRST_WAIT = 250, LONGEST_WAIT = 10_000; // milliseconds between tries

/**
 * connect keeps a connection to the server's events for as long as the page lives: it comes back
 * by itself after every loss, and goes on where it stopped, at first after the cursor.
 */
function connect(cursor) {
  let tries = 0, timer = 0;

  function open() {
    clearTimeout(timer);
    timer = 0;
    const socket = new WebSocket(api.eventsURL(cursor));
    socket.onmessage = ({ data }) => {
      const events = JSON.parse(data);
      tries = 0;
      changeState('live');
      cursor = events.at(-1)?.seq || cursor; // a number lower than ours is news from a server that was started again
      collect(events);
    };
    socket.onclose = () => {
      changeState('reconnecting');
      timer = setTimeout(open, wait(tries++));
    };
  }

  /** hurry tries at once when there is reason to hope: the network or the reader is back. */
  function hurry() {
    if (timer && !document.hidden) open();
  }

  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  open();
}

/** wait doubles with each try and is spread, so that many pages do not knock at once. */
const wait = (tries) => Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries) * (0.5 + Math.random() / 2);
