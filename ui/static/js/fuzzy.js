// How well what was typed fits a text: for a few letters of what one means.

// Where a word begins.
const BEGINS = '(?<![\\p{L}\\p{N}])';

/** ways are how a word may fit, the best first; the last is letter by letter, each beside the one before or at the beginning of a word. */
function ways(word) {
  const letters = Array.from(word, (c) => `\\u{${c.codePointAt(0).toString(16)}}`), whole = letters.join('');
  return ['^' + whole, BEGINS + whole, whole, BEGINS + letters.join(`(?:.*?${BEGINS})?`)].map((way) => new RegExp(way, 'iu'));
}

/** cost is how far from the best a text fits; of texts that fit as well the shorter is better. */
function cost(ways, text) {
  const place = ways.findIndex((way) => way.test(text));
  return place < 0 ? Infinity : place ** 2 + text.length / 500;
}

/** rank is the best of items by their labels; bonus lifts an item over others. Words fit in any order. */
export function rank(typed, items, limit) {
  const wanted = typed.split(/\s+/).filter(Boolean).map(ways);
  return items
    .map((item) => ({ item, cost: wanted.reduce((sum, ways) => sum + cost(ways, item.label), -(item.bonus ?? 0)) }))
    .filter(({ cost }) => cost < Infinity)
    .sort((a, b) => a.cost - b.cost)
    .slice(0, limit)
    .map(({ item }) => item);
}
