// The mailboxes with their counts, and the counts of the whole store.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';
import { folded, grouping, pinned } from '../settings.js';

/** list is sorted by address; phase is 'loading', 'ready' or 'failed'. */
const counted = signal({ phase: 'loading', list: [], total: { messages: 0, unseen: 0, bytes: 0 }, cursor: 0, problem: null });

/** taken is what the reader deletes and the server still counts: {box, rows}, or {box, was}, all that was there. */
export const taken = signal([]);

export const mailboxes = computed(() => taken.value.reduce(less, counted.value));

/** Mailboxes that are no recipient's; the server's names for them. */
export const QUEUE = '@queue', BADMAIL = '@badmail', DONE = '@done';

/** addresses are the mailboxes of recipients. */
export const addresses = computed(() => mailboxes.value.list.filter(({ address }) => ![QUEUE, BADMAIL, DONE].includes(address)));

export const filter = signal('');

export const matching = computed(() => {
  const text = filter.value.trim().toLowerCase();
  return text ? addresses.value.filter(({ address }) => address.includes(text)) : addresses.value;
});

const MANY = 12; // mailboxes that are not grouped by themselves

const domainOf = (address) => address.slice(address.lastIndexOf('@') + 1);

/** byDomain says whether mailboxes are shown by domain: as the reader wants, or when there are many of several. */
export const byDomain = computed(() => {
  const { value: all } = addresses;
  if (grouping.value !== 'auto') return grouping.value === 'on';
  return all.length > MANY && all.some(({ address }) => domainOf(address) !== domainOf(all[0].address));
});

/**
 * tree is what the pane shows, from the top: pinned mailboxes, then groups
 * {domain, open, messages, unseen}, followed by their mailboxes if they are open,
 * or else all mailboxes. Each has its key, its level, its place at among so many of.
 */
export const tree = computed(() => {
  const { value: boxes } = matching, first = new Set(pinned.value);
  const leaf = (level) => (box) => ({ key: box.address, level, box });
  const top = boxes.filter(({ address }) => first.has(address)).map(leaf(1)), rest = boxes.filter(({ address }) => !first.has(address));
  const heads = byDomain.value ? groups(rest) : rest.map(leaf(1));
  return place([...top, ...heads]).flatMap((one) => (one.open ? [one, ...place(one.boxes.map(leaf(2)))] : one));
});

const place = (list) => list.map((one, i) => ({ ...one, at: i + 1, of: list.length }));

function groups(boxes) {
  const byName = new Map();
  for (const box of boxes) {
    const domain = domainOf(box.address);
    if (!byName.has(domain)) byName.set(domain, { key: '@' + domain, level: 1, domain, boxes: [], messages: 0, unseen: 0 });
    const group = byName.get(domain);
    group.boxes.push(box);
    group.messages += box.messages;
    group.unseen += box.unseen;
  }
  const closed = filter.value.trim() ? [] : folded.value;
  return [...byName.values()].sort((a, b) => (a.domain < b.domain ? -1 : 1)).map((group) => ({ ...group, open: !closed.includes(group.domain) }));
}

/** fold shows or hides the mailboxes of a domain. */
export function fold(domain, away) {
  folded.value = folded.value.filter((one) => one !== domain).concat(away ? domain : []);
}

export const boxOf = (address) => mailboxes.value.list.find((box) => box.address === address);

let asking = null;
let until = 0; // mail that is told up to here may have been counted already
let meanwhile = []; // events that came while counts were on their way

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
    const phase = counted.value.phase === 'ready' ? 'ready' : 'failed'; // old counts are better than none
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
  if (asking) meanwhile = meanwhile.concat(events); // the answer on its way may be older than they are
  const now = counted.value;
  const fresh = events.filter(({ seq }) => seq > now.cursor);
  if (!fresh.length) return true;
  const added = fresh.filter(({ type, message }) => type === 'added' && message);
  counted.value = { ...add(now, added), cursor: fresh.at(-1).seq };
  if (added.some(({ seq }) => seq <= until)) return false;
  return fresh.every(({ type, message }) => type === 'hello' || type === 'attempted' || type === 'rule' || (type === 'added' && message));
}

function add(state, events) {
  if (!events.length) return state;
  const byName = new Map(state.list.map((box) => [box.address, box]));
  const total = { ...state.total }, known = byName.size;
  for (const { message } of events) {
    total.messages++;
    total.bytes += message.size;
    if (!message.seen) total.unseen++;
    for (const delivery of message.deliveries) {
      const box = byName.get(delivery.mailbox) ?? { address: delivery.mailbox, messages: 0, unseen: 0, bytes: 0 };
      byName.set(box.address, {
        ...box,
        messages: box.messages + 1,
        unseen: box.unseen + (delivery.seen ? 0 : 1),
        bytes: box.bytes + message.size,
        newest: message.id,
      });
    }
  }
  const list = [...byName.values()];
  return { ...state, total, list: byName.size > known ? list.sort(byAddress) : list };
}

/** less are the counts as they are without what is taken. */
function less(state, { box, rows = [], was }) {
  const boxes = new Map(state.list.map((one) => [one.address, one]));
  const minus = (counts, { messages, unseen, bytes }) => ({
    ...counts, messages: Math.max(0, counts.messages - messages), unseen: Math.max(0, counts.unseen - unseen), bytes: Math.max(0, counts.bytes - bytes),
  });
  const take = (name, counts) => { if (boxes.has(name)) boxes.set(name, minus(boxes.get(name), counts)); };
  let total = was && !box ? minus(state.total, was.total) : state.total;
  for (const old of was?.list ?? []) if (!box || old.address === box) take(old.address, old);
  for (const { size, seen, deliveries } of rows) {
    const going = deliveries.filter(({ mailbox }) => !box || mailbox === box), counts = (seen) => ({ messages: 1, unseen: seen ? 0 : 1, bytes: size });
    for (const one of going) take(one.mailbox, counts(one.seen));
    if (going.length === deliveries.length) total = minus(total, counts(seen));
  }
  return { ...state, total, list: [...boxes.values()].filter(({ messages }) => messages > 0) };
}

function byAddress(a, b) { return a.address < b.address ? -1 : a.address > b.address ? 1 : 0; }
