// How well what was typed fits a text: for a few letters of what one means.

// Where a word begins, and where it ends.
const BEGINS = '(?<![\\p{L}\\p{N}])', ENDS = /^(?![\p{L}\p{N}])/u;

/** ways are how a word may fit, the best first: at the beginning of one, anywhere, or letter by letter, each next to the one before or at such a beginning. */
function ways(word) {
  const letters = Array.from(word, (c) => `(\\u{${c.codePointAt(0).toString(16)}})`), together = letters.join('');
  return [[130, BEGINS + together], [100, together], [60, BEGINS + letters.join(`(?:.*?${BEGINS})?`)]].map(([score, way]) => [score, new RegExp(way, 'dui')]);
}

function fits(ways, text) {
  for (const [score, way] of ways) {
    const found = way.exec(text);
    if (!found) continue;
    const at = found.indices.slice(1).map(([i]) => i), end = found.index + found[0].length;
    return { score: score + (found.index ? 0 : 10) + (ENDS.test(text.slice(end)) ? 10 : 0) - text.length / 50, at };
  }
  return null;
}

/**
 * rank is the best of items by their labels, each with at, the places in the label of
 * what was typed; bonus lifts an item over others. Words fit in any order.
 */
export function rank(typed, items, limit) {
  const wanted = typed.split(/\s+/).filter(Boolean).map(ways), found = [];
  for (const item of items) {
    const fit = wanted.map((ways) => fits(ways, item.label));
    if (fit.includes(null)) continue;
    found.push({ ...item, at: fit.flatMap(({ at }) => at), score: fit.reduce((sum, { score }) => sum + score, item.bonus ?? 0) });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, limit);
}
