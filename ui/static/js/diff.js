// What differs between two lists, of lines or of words: the shortest answer (Myers,
// 1986), or where that would take too long, one that is found in one go.

const LIMIT = 1200; // differences up to which the shortest answer is looked for
const SLICE = 8;    // milliseconds of work between two pauses

/** diff lists stretches [same, a0, a1, b0, b1] that follow each other: a[a0..a1) became b[b0..b1). It is a generator, to be run by atOnce or inTurns. */
export function* diff(a, b, limit = LIMIT) {
  const stretches = [];
  let i = 0, j = 0;
  for (const [x, y] of [...(yield* shortest(a, b, limit)) ?? (yield* quick(a, b)), [a.length, b.length]]) {
    if (x > i || y > j) stretches.push([false, i, x, j, y]);
    const last = stretches.at(-1);
    if (x === a.length) break;
    if (last?.[0]) [last[2], last[4]] = [x + 1, y + 1];
    else stretches.push([true, x, x + 1, y, y + 1]);
    [i, j] = [x + 1, y + 1];
  }
  return stretches;
}

/** shortest gives the places with equal things, in pairs, or null beyond the limit. */
function* shortest(a, b, limit) {
  const n = a.length, m = b.length, most = Math.min(n + m, limit), far = new Int32Array(2 * most + 3), trace = [];
  for (let d = 0; d <= most; d++) {
    for (let k = -d; k <= d; k += 2) {
      const at = k + most + 1;
      let x = k === -d || k !== d && far[at - 1] < far[at + 1] ? far[at + 1] : far[at - 1] + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x++;
      far[at] = x;
      if (x >= n && x - k >= m) return walk(trace, n, m);
    }
    trace.push(far.slice(most + 1 - d, most + 2 + d));
    yield;
  }
  return null;
}

/** walk goes back from the end by what was reached with fewer differences. */
function walk(trace, x, y) {
  const pairs = [];
  for (let d = trace.length; d > 0; d--) {
    const reached = (k) => trace[d - 1][k + d - 1] ?? -1, k = x - y;
    const down = k === -d || k !== d && reached(k - 1) < reached(k + 1);
    const from = reached(down ? k + 1 : k - 1);
    while (x > from + (down ? 0 : 1)) pairs.push([--x, --y]);
    if (down) y--;
    else x--;
  }
  while (x > 0) pairs.push([--x, --y]);
  return pairs.reverse();
}

/** quick takes each thing for the next like it on the other side, unless that is far. */
function* quick(a, b) {
  const places = Map.groupBy(b.keys(), (j) => b[j]), pairs = [], far = Math.max(64, b.length >> 4);
  for (let i = 0, j = 0; i < a.length; i++) {
    const list = places.get(a[i]) ?? [];
    while (list[0] < j) list.shift();
    if (list[0] - j <= far) {
      pairs.push([i, list[0]]);
      j = list[0] + 1;
    }
    if (i % 4096 === 0) yield;
  }
  return pairs;
}

/** atOnce runs a generator to its end. */
export function atOnce(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** inTurns does so a little at a time, so that the page stays awake. */
export async function inTurns(steps, signal) {
  for (;;) {
    for (const over = performance.now() + SLICE; performance.now() < over;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
}

const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}_]+|\s+|./gsu;
const LONGEST = 20_000; // characters of two lines whose words are compared

/** words are two lines in pieces [differs, text]; lines with little in common are of one piece. */
function* words(a, b) {
  const whole = [[[false, a]], [[false, b]]];
  if (a.length + b.length > LONGEST) return whole;
  const from = a.match(WORDS) ?? [], to = b.match(WORDS) ?? [], left = [], right = [];
  let common = 0;
  for (const [same, a0, a1, b0, b1] of yield* diff(from, to, 400)) {
    const gone = from.slice(a0, a1).join(''), come = to.slice(b0, b1).join('');
    if (same) common += gone.trim().length;
    if (gone) left.push([!same, gone]);
    if (come) right.push([!same, come]);
  }
  return common * 4 >= Math.max(a.trim().length, b.trim().length) ? [left, right] : whole;
}

const firstWord = (line) => /^\s*\S*/.exec(line)[0];

/**
 * rows are lines side by side: {same: true, a, b} with their numbers, or {a, b, left,
 * right}, sides being lists of pieces [differs, text], or null with the number -1.
 * Among lines that differ, those of the same first word stand beside each other.
 */
export function* rows(a, b) {
  const list = [];
  for (const [same, a0, a1, b0, b1] of yield* diff(a, b)) {
    if (same) {
      for (let i = 0; a0 + i < a1; i++) list.push({ same, a: a0 + i, b: b0 + i });
      continue;
    }
    for (const [, x0, x1, y0, y1] of yield* diff(a.slice(a0, a1).map(firstWord), b.slice(b0, b1).map(firstWord), 400)) {
      for (let i = 0; i < Math.max(x1 - x0, y1 - y0); i++) list.push(yield* pair(a, a0 + x0 + i < a0 + x1 ? a0 + x0 + i : -1, b, b0 + y0 + i < b0 + y1 ? b0 + y0 + i : -1));
    }
  }
  return list;
}

function* pair(from, a, to, b) {
  if (a < 0) return { a, b, left: null, right: [[false, to[b]]] };
  if (b < 0) return { a, b, left: [[false, from[a]]], right: null };
  const [left, right] = yield* words(from[a], to[b]);
  return { a, b, left, right };
}
