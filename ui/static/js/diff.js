// What differs between two lists, of lines or of words: the shortest answer (Myers,
// 1986), or where that would take long, one put together of shortest ones.

// Differences after which one begins anew from where one came to.
const LIMIT = 1200;
// Milliseconds of work between two pauses.
const SLICE = 8;

/** diff lists the places [i, j] of what is the same in a and b, in order. It is a generator, to be run by inTurns. */
export function* diff(a, b, limit = LIMIT) {
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const { trace, x, y } = yield* reach(a.slice(i), b.slice(j), limit);
    for (const [u, v] of walk(trace, x, y)) pairs.push([i + u, j + v]);
    i += x;
    j += y;
  }
  return pairs;
}

// What is reached with d differences is an x for each diagonal k = x - y, at k + d in a list.
// The next difference comes to a diagonal from the one above, going down, or from the one below.
const goesDown = (reached, at) => reached[at] > (reached[at - 2] ?? -1);
const enters = (reached, at) => (goesDown(reached, at) ? reached[at] : reached[at - 2] + 1);

/** reach goes as far as it gets with so many differences: to x in a and y in b; trace is what was reached with each number of them. */
function* reach(a, b, limit) {
  const n = a.length, m = b.length, trace = [[0]];
  for (let d = 0; ; d++) {
    const reached = new Int32Array(2 * d + 1);
    let most = 0, best = 0;
    for (let k = -d; k <= d; k += 2) {
      let x = enters(trace[d], k + d);
      while (x < n && x - k < m && a[x] === b[x - k]) x++;
      reached[k + d] = x;
      const far = Math.min(x, n) + Math.min(x - k, m);
      if (far > most) [most, best] = [far, k];
    }
    if (most === n + m || d === limit) {
      const x = reached[best + d];
      return { trace, x, y: x - best };
    }
    trace.push(reached);
    yield;
  }
}

/** walk goes back to the beginning, and lists what is the same on the way. */
function walk(trace, x, y) {
  const pairs = [];
  for (let d = trace.length - 1; d >= 0; d--) {
    const at = x - y + d, from = enters(trace[d], at);
    while (x > from) pairs.push([--x, --y]);
    if (goesDown(trace[d], at)) y--;
    else x--;
  }
  return pairs.reverse();
}

/** inTurns runs a generator to its end, a little at a time, so that the page stays awake. */
export async function inTurns(steps, signal) {
  for (let over = 0; !signal?.aborted;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() < over) continue;
    await new Promise((resolve) => setTimeout(resolve));
    over = performance.now() + SLICE;
  }
}

const WORDS = /\p{Ideographic}|[\p{L}\p{N}_]+|\s+|./gsu;

/** words are two lines in pieces [differs, text]; lines with little in common are of one piece. */
function* words(...lines) {
  const [from, to] = lines.map((line) => line.match(WORDS) ?? []), same = yield* diff(from, to, 400);
  const common = same.reduce((sum, [i]) => sum + from[i].trim().length, 0);
  if (common * 4 < Math.max(...lines.map((line) => line.trim().length))) return lines.map((line) => [[false, line]]);
  return [from, to].map((parts, side) => {
    const kept = new Set(same.map((pair) => pair[side])), pieces = [];
    for (const [i, part] of parts.entries()) {
      if (pieces.at(-1)?.[0] === !kept.has(i)) pieces.at(-1)[1] += part;
      else pieces.push([!kept.has(i), part]);
    }
    return pieces;
  });
}

const firstWord = (line) => /^\s*\S*/.exec(line)[0];

/**
 * rows are lines side by side: {same, a, b, left, right} with their numbers, -1 for none,
 * and pieces. Among lines that differ, those of the same first word stand beside each other.
 */
export function* rows(a, b) {
  const list = [], end = [a.length, b.length];
  let i = 0, j = 0;
  for (const [x, y] of [...yield* diff(a, b), end]) {
    const near = yield* diff(a.slice(i, x).map(firstWord), b.slice(j, y).map(firstWord), 400), first = [i, j];
    for (const [u, v] of [...near.map((pair) => pair.map((at, side) => first[side] + at)), [x, y]]) {
      while (i < u || j < v) list.push(yield* row(a, i < u ? i++ : -1, b, j < v ? j++ : -1));
      list.push(yield* row(a, i++, b, j++));
    }
  }
  // The last one is beyond both ends.
  return list.slice(0, -1);
}

function* row(from, a, to, b) {
  const before = from[a] ?? '', after = to[b] ?? '', same = before === after && a >= 0 && b >= 0;
  const [left, right] = same ? [[[false, before]], [[false, after]]] : yield* words(before, after);
  return { same, a, b, left, right };
}
