// The mailboxes with their counts, and the counts of the whole store.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';
import { folded, grouping, pinned } from '../settings.js';

const NONE = { messages: 0, unseen: 0, bytes: 0 };

/** list is sorted by address; phase is 'loading', 'ready' or 'failed'. */
const counted = signal({ phase: 'loading', list: [], total: NONE, cursor: 0, problem: null });

/** taken is what the reader deletes and the server still counts: {box, rows}, or {box, was}, all that was there. */
export const taken = signal([]);

export const mailboxes = computed(() => {
  const now = taken.value.reduce((state, one) => tally(state, going(one), -1), counted.value);
  return taken.value.length ? { ...now, list: now.list.filter(({ messages }) => messages > 0) } : now;
});

/** Mailboxes that are no recipient's; the server's names for them. */
export const QUEUE = '@queue', BADMAIL = '@badmail', DONE = '@done';

/** addresses are the mailboxes of recipients. */
export const addresses = computed(() => mailboxes.value.list.filter(({ address }) => ![QUEUE, BADMAIL, DONE].includes(address)));

export const filter = signal('');

export const matching = computed(() => {
  const text = filter.value.trim().toLowerCase();
  return addresses.value.filter(({ address }) => address.includes(text));
});

// Mailboxes that are not grouped by themselves.
const MANY = 12;

const domainOf = ({ address }) => address.slice(address.lastIndexOf('@') + 1);

/** byDomain says whether mailboxes are shown by domain: as the reader wants, or when there are many. */
const byDomain = computed(() => (grouping.value === 'auto' ? addresses.value.length > MANY : grouping.value === 'on'));

/**
 * tree is what the pane shows, from the top: pinned mailboxes, then groups
 * {domain, open, messages, unseen}, followed by their mailboxes if they are open,
 * or else all mailboxes. Each has its key, its level, its place at among so many of.
 */
export const tree = computed(() => {
  const [first, rest] = [true, false].map((wanted) => matching.value.filter(({ address }) => pinned.value.includes(address) === wanted));
  return place(1, [...first, ...(byDomain.value ? groups(rest) : rest)]).flatMap((one) => (one.open ? [one, ...place(2, one.boxes)] : one));
});

const place = (level, list) => list.map((one, i) => ({ ...one, key: one.address ?? '@' + one.domain, level, at: i + 1, of: list.length }));

function groups(list) {
  const closed = filter.value.trim() ? [] : folded.value;
  return [...Map.groupBy(list, domainOf)].sort(([a], [b]) => order(a, b)).map(([domain, boxes]) => ({
    ...boxes.reduce((sum, box) => plus(sum, box, 1), NONE), domain, boxes, open: !closed.includes(domain),
  }));
}

/** fold shows or hides the mailboxes of a domain. */
export function fold(domain, away) {
  folded.value = folded.value.filter((one) => one !== domain).concat(away ? domain : []);
}

export const boxOf = (address) => mailboxes.value.list.find((box) => box.address === address);

let asking = null;
// Mail that is told up to here may have been counted already.
let until = 0;
// Events that came while counts were on their way.
let meanwhile = [];

/**
 * load asks the server for all counts; while it does, everybody waits for the
 * same answer. It resolves to false when that was not enough: see apply.
 */
export function load() {
  asking ??= fetchCounts().finally(() => { asking = null; });
  return asking;
}

async function fetchCounts() {
  meanwhile = [];
  const sent = taken.value.filter((one) => one.sent);
  try {
    const { mailboxes: list, total, cursor, until: latest } = await api.mailboxes();
    until = latest;
    counted.value = { phase: 'ready', list: list.sort(byAddress), total, cursor, problem: null };
    if (sent.length) taken.value = taken.value.filter((one) => !sent.includes(one));
    return apply(meanwhile);
  } catch (problem) {
    // Old counts are better than none.
    const phase = counted.value.phase === 'ready' ? 'ready' : 'failed';
    counted.value = { ...counted.value, phase, problem };
    throw problem;
  }
}

/**
 * apply counts what the events brought. It returns false when they do not say
 * enough and the counts have to be loaded again: what was removed is told
 * without its size, and what was updated without what it was before.
 */
export function apply(events) {
  // The answer on its way may be older than they are.
  if (asking) meanwhile = meanwhile.concat(events);
  const now = counted.value;
  const fresh = events.filter(({ seq }) => seq > now.cursor);
  if (!fresh.length) return true;
  const added = fresh.filter(({ type, message }) => type === 'added' && message);
  counted.value = { ...tally(now, added.flatMap(({ message }) => counts(message)), 1), cursor: fresh.at(-1).seq };
  if (added.some(({ seq }) => seq <= until)) return false;
  return fresh.every(({ type, message }) => type === 'hello' || type === 'attempted' || type === 'rule' || (type === 'added' && message));
}

/** counts are [mailbox, counts] of a message, '' being the whole store; with box of what is in that one only. */
function counts({ size, seen, deliveries }, box) {
  const one = (name, seen) => [name, { messages: 1, unseen: seen ? 0 : 1, bytes: size }];
  const inside = deliveries.filter(({ mailbox }) => !box || mailbox === box).map(({ mailbox, seen }) => one(mailbox, seen));
  return inside.length === deliveries.length ? [one('', seen), ...inside] : inside;
}

/** going are the counts of what is taken. */
function going({ box, rows = [], was }) {
  const all = was ? [['', was.total], ...was.list.map((one) => [one.address, one])] : [];
  return [...all.filter(([name]) => !box || name === box), ...rows.flatMap((row) => counts(row, box))];
}

/** tally adds counts, or with sign -1 takes them away. */
function tally(state, list, sign) {
  const byName = new Map(state.list.map((box) => [box.address, box]));
  let { total } = state;
  for (const [name, more] of list) {
    if (!name) total = plus(total, more, sign);
    else if (sign > 0 || byName.has(name)) byName.set(name, plus(byName.get(name) ?? { ...NONE, address: name }, more, sign));
  }
  const boxes = [...byName.values()];
  return { ...state, total, list: boxes.length > state.list.length ? boxes.sort(byAddress) : boxes };
}

function plus(counts, more, sign) {
  const sum = { ...counts };
  for (const key in NONE) sum[key] = Math.max(0, sum[key] + sign * more[key]);
  return sum;
}

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0), byAddress = (a, b) => order(a.address, b.address);
