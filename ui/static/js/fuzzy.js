// How well what was typed fits a text: for a few letters of what one means.

const isLetter = (c) => c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c > '\x7f';
const begins = (text, i) => i === 0 || !isLetter(text[i - 1]);

/** match is {score, at}, at being the places in text of what was typed; null when it does not fit. Words fit in any order. */
export function match(typed, text) {
  const lower = text.toLowerCase(), at = [];
  let score = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const one = together(word, lower) ?? apart(word, lower);
    if (!one) return null;
    score += one.score;
    at.push(...one.at);
  }
  return { score: score - lower.length / 50, at };
}

/** together finds the word in one piece, best at the beginning of a word. */
function together(word, text) {
  let best = text.indexOf(word);
  if (best < 0) return null;
  for (let i = best; i >= 0 && !begins(text, best); i = text.indexOf(word, i + 1)) if (begins(text, i)) best = i;
  const whole = !isLetter(text[best + word.length] ?? ' ');
  return { score: 100 + (best === 0 ? 40 : begins(text, best) ? 30 : 0) + (whole ? 10 : 0), at: Array.from(word, (_, i) => best + i) };
}

/** apart finds the letters in their order from the beginning of a word on, the closer and the more at beginnings of words the better. */
function apart(word, text) {
  let end = -1;
  for (const c of word) {
    end = text.indexOf(c, end + 1);
    if (end < 0) return null;
  }
  const at = [end];
  for (let i = word.length - 2; i >= 0; i--) at.unshift(text.lastIndexOf(word[i], at[0] - 1));
  let score = 60;
  at.forEach((place, i) => { score += begins(text, place) ? 8 : i && place === at[i - 1] + 1 ? 4 : -12; });
  return begins(text, at[0]) && score > 20 ? { score, at } : null;
}

/** rank is the best of items, each with its match as fit; bonus lifts an item over others. */
export function rank(typed, items, limit) {
  const found = [];
  for (const item of items) {
    const fit = match(typed, item.label);
    if (fit) found.push({ ...item, fit, score: fit.score + (item.bonus ?? 0) });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, limit);
}
