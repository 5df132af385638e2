// The mailboxes with their counts, and the counts of the whole store.
import { computed, signal } from '@preact/signals';
import * as api from '../api.js';

/** list is sorted by address; phase is 'loading', 'ready' or 'failed'. */
export const mailboxes = signal({ phase: 'loading', list: [], total: { messages: 0, unseen: 0, bytes: 0 }, cursor: 0, problem: null });

/** Mailboxes that are no recipient's; the server's names for them. */
export const QUEUE = '@queue', BADMAIL = '@badmail', DONE = '@done';

/** addresses are the mailboxes of recipients. */
export const addresses = computed(() => mailboxes.value.list.filter(({ address }) => ![QUEUE, BADMAIL, DONE].includes(address)));

export const filter = signal('');

export const matching = computed(() => {
  const text = filter.value.trim().toLowerCase();
  return text ? addresses.value.filter(({ address }) => address.includes(text)) : addresses.value;
});

export const boxOf = (address) => mailboxes.value.list.find((box) => box.address === address);

let asking = null;
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
  try {
    const { mailboxes: list, total, cursor } = await api.mailboxes();
    mailboxes.value = { phase: 'ready', list: list.sort(byAddress), total, cursor, problem: null };
    return apply(meanwhile);
  } catch (problem) {
    const phase = mailboxes.value.phase === 'ready' ? 'ready' : 'failed'; // old counts are better than none
    mailboxes.value = { ...mailboxes.value, phase, problem };
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
  const now = mailboxes.value;
  const fresh = events.filter(({ seq }) => seq > now.cursor);
  if (!fresh.length) return true;
  const added = fresh.filter(({ type, message }) => type === 'added' && message);
  mailboxes.value = { ...add(now, added), cursor: fresh.at(-1).seq };
  return fresh.every(({ type, message }) => type === 'hello' || type === 'attempted' || (type === 'added' && message));
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

function byAddress(a, b) { return a.address < b.address ? -1 : a.address > b.address ? 1 : 0; }
