// What events mean for a list of messages.

/** merge joins two lists of rows, newest first, each message once; the first list wins. */
export function merge(first, second) {
  const ids = new Set(first.map(({ id }) => id));
  const rows = first.concat(second.filter(({ id }) => !ids.has(id)));
  const sorted = rows.every((one, i) => i === 0 || rows[i - 1].id > one.id);
  return sorted ? rows : rows.sort((a, b) => (a.id < b.id ? 1 : -1));
}

const isIn = (box, { deliveries }) => !box || deliveries.some(({ mailbox }) => mailbox === box);

/** without is the row when some of its deliveries are gone; null when it leaves the list. */
function without(old, gone, box) {
  const deliveries = old.deliveries.filter((one) => !gone(one));
  return deliveries.length && isIn(box, { deliveries }) ? { ...old, deliveries, seen: deliveries.every(({ seen }) => seen) } : null;
}

/**
 * collect sorts events into new rows (fresh), changes of known ones by id
 * (edits), ids that leave the list (left) and changes of all (wipes). A change makes
 * a new row of the old one, or null when it leaves. complete is false when the events
 * do not say enough; what a search would find only the server knows.
 */
export function collect(events, { box, q }) {
  const fresh = new Map(), edits = new Map(), left = new Set(), wipes = [];
  let complete = true;
  const change = (id, edit, leaves) => {
    const before = edits.get(id) ?? ((old) => old);
    if (fresh.has(id)) return keep(fresh, id, edit(fresh.get(id)));
    if (leaves) left.add(id);
    edits.set(id, (old) => { const now = before(old); return now && edit(now); });
  };
  for (const { type, id, message, gone, deliveries, mailbox, from } of events) {
    if (type === 'added' && message) {
      if (box === '@badmail') complete = false; // the reason is not told
      if (!isIn(box, message)) continue;
      if (q) complete = false;
      else fresh.set(id, message);
    } else if (type === 'updated' && message) {
      const stays = isIn(box, message);
      change(id, () => (stays ? message : null), !stays && from === box);
      if (q || box === '@badmail' || box && from && from !== box && stays) complete = false;
    } else if (type === 'removed') {
      const numbers = deliveries.map(({ number }) => number);
      change(id, (old) => (gone ? null : without(old, ({ number }) => numbers.includes(number), box)), box ? isIn(box, { deliveries }) : gone);
    } else if (type === 'cleared') {
      const wipe = (old) => (mailbox ? without(old, (one) => one.mailbox === mailbox, box) : null);
      wipes.push(wipe);
      for (const [id, old] of fresh) keep(fresh, id, wipe(old));
      if (mailbox && mailbox !== box) complete = false; // how many of all messages went with it is not told
    } else if (['lagged', 'added', 'updated'].includes(type)) {
      complete = false; // told without its message under load
    }
  }
  return { fresh, edits, left, wipes, complete };
}

function keep(map, id, value) {
  if (value) map.set(id, value);
  else map.delete(id);
}

/** edited are rows as the changes leave them. */
export function edited(rows, { edits, wipes }) {
  if (!edits.size && !wipes.length) return rows;
  const changed = (old) => (edits.has(old.id) ? edits.get(old.id)(old) : old);
  return rows.map((old) => wipes.reduce((now, wipe) => now && wipe(now), changed(old))).filter(Boolean);
}
