// The state of the page, and how events get into it: collected as they come,
// applied once for each frame that the screen shows.
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import * as api from './api.js';
import { connect } from './live.js';
import { address, route } from './router.js';
import * as attempts from './state/attempts.js';
import * as clock from './state/clock.js';
import * as feed from './state/feed.js';
import * as mailboxes from './state/mailboxes.js';
import * as notify from './state/notify.js';
import * as pipeline from './state/pipeline.js';
import * as queue from './state/queue.js';
import * as reader from './state/reader.js';
import * as rules from './state/rules.js';
import * as sessions from './state/sessions.js';
import { t } from './strings.js';

const HELD = 2000;       // events collected before listing again is the cheaper way
const CALM = 1000;       // milliseconds between two listings
const CLOCK_CHECK = 15_000; // milliseconds between two looks at a clock that somebody else may have moved
const PIPELINE_CHECK = 5000; // milliseconds: sessions and folders tell nothing of themselves
const CAUGHT_UP = 8000;      // milliseconds that it says so
const HIDDEN_FRAME = 250; // a page in the background gets no frames

export const info = signal(null);         // what GET /v1/info says
export const link = signal('connecting'); // connecting, live or reconnecting
export const rates = signal(Array(60).fill(0)); // mails in each of the last seconds
export const caughtUp = signal(null);     // for a moment after a loss: {n} events came later than they were, or {lagged}

/** start loads everything and then listens, for as long as the page lives. */
export async function start() {
  loadInfo();
  on(computed(() => address({ ...route.value, id: '' })), showList);
  on(computed(() => route.value.view), showView);
  on(computed(() => route.value.id), (id) => reader.open(id, route.peek().box));
  on(computed(() => route.value.view === 'sessions'), sessions.watch);
  on(computed(() => route.value.session), sessions.open);
  on(computed(() => mailboxes.mailboxes.value.total.unseen), showUnseen);
  setInterval(countRate, 1000);
  setInterval(() => document.hidden || later('clock', clock.load), CLOCK_CHECK);
  setInterval(() => document.hidden || route.value.view !== 'queue' || later('pipeline', pipeline.load), PIPELINE_CHECK);
  later('clock', clock.load);
  later('rules', rules.load);
  later('attempts', attempts.load);
  await mailboxes.load().catch(() => {});
  connect({ cursor: mailboxes.mailboxes.value.cursor, onEvents: collect, onState: changeState });
}

function showList() {
  const { box, view, q } = route.value;
  if (!view) feed.show(box, q).then((complete) => complete || later('list', feed.load), () => {});
}

/** views are what is asked for when it is shown, and again when apply says that it has changed. */
const views = { queue, rules };

function showView(view) {
  if (views[view]) later(view, views[view].load);
  if (view === 'queue') later('pipeline', pipeline.load);
  else pipeline.clear();
}

/** showUnseen lets one see in the browser's tabs that mail has come. */
function showUnseen(unseen) { document.title = unseen ? `(${unseen}) ${t.name}` : t.name; }

/** changeState notes how the connection is, and loads again what failed while it was lost. */
function changeState(state) {
  const back = state === 'live' && link.value !== 'live';
  if (back) lost = link.value === 'reconnecting';
  link.value = state;
  if (!back) return;
  later('rules', rules.load);
  if (info.value?.problem) loadInfo();
  later('clock', clock.load);
  if (attempts.attempts.value.phase === 'failed') later('attempts', attempts.load);
  showView(route.value.view);
  if (mailboxes.mailboxes.value.phase === 'failed') later('counts', mailboxes.load);
  if (feed.asked.value.problem) later('list', feed.load);
  if (reader.opened.value.phase === 'failed') reader.open(route.value.id, route.value.box);
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
    if (type === 'lagged' && missed) tell({ lagged: true });
    else if (missed && seq >= missed.until) tell({ n: missed.until - missed.from });
  }
}

function tell(value) {
  lost = false;
  missed = null;
  caughtUp.value = value;
  setTimeout(() => { if (caughtUp.value === value) caughtUp.value = null; }, CAUGHT_UP);
}

let collected = [], scheduled = false, overflow = false, arrived = 0;

function collect(events) {
  resume(events);
  if (collected.length + events.length > HELD) overflow = true;
  else collected.push(...events);
  arrived += events.filter(({ type }) => type === 'added').length;
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(flush, HIDDEN_FRAME);
  else requestAnimationFrame(flush);
}

function flush() {
  const events = collected;
  const incomplete = overflow || events.some(({ type }) => type === 'lagged');
  collected = [];
  scheduled = overflow = false;
  batch(() => {
    const counted = mailboxes.apply(events), listed = feed.apply(events);
    if (incomplete || !counted) later('counts', mailboxes.load);
    if (incomplete || !listed) later('list', feed.load);
    if (!reader.apply(events)) later('message', reader.refresh);
    if (!attempts.apply(events) || incomplete) later('attempts', attempts.load);
    notify.apply(events);
    if (!clock.apply(events)) later('clock', clock.load);
    const { view } = route.value;
    if (view === 'queue') {
      if (!document.hidden && !incomplete) pipeline.show(events);
      if (!pipeline.apply(events) || incomplete) later('pipeline', pipeline.load);
    }
    if (view !== 'rules' && events.some(({ type }) => type === 'rule')) later('rules', rules.load);
    if (views[view] && (!views[view].apply(events) || incomplete)) later(view, views[view].load);
  });
}

const planned = {}; // name → {at: when it last ran, timer}

/** later runs a listing now, or when the last one is long enough ago; and again when it was not enough. */
function later(name, run) {
  const plan = planned[name] ??= { at: -CALM, timer: 0 };
  if (plan.timer) return;
  plan.timer = setTimeout(() => {
    plan.timer = 0;
    plan.at = performance.now();
    run().then((complete) => complete || later(name, run), () => {});
  }, Math.max(0, plan.at + CALM - performance.now()));
}

function countRate() {
  if (arrived || rates.value.some(Boolean)) rates.value = [...rates.value.slice(1), arrived];
  arrived = 0;
}
