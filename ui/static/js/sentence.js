// Rules in plain words.
import { reply as said } from './format.js';
import { magic } from './state/rules.js';
import { t } from './strings.js';

/** sentence says what a rule does, when, and how often. */
export function sentence({ at, match, times, do: actions }) {
  const { stages, fields, is, times: words, or, comma, colon } = t.ruleSays;
  const when = [stages[at] ?? at, ...match.map(({ field, not, any }) => is(fields[field], any.join(or), not))];
  const counted = Object.entries(times).filter(([key]) => words[key]).map(([key, value]) => words[key](value));
  return [...when, ...counted].join(comma) + colon + deeds(actions);
}

/** deeds says what actions do. */
export const deeds = (actions) => actions.map(deed).join(t.ruleSays.comma);

function deed(action) {
  const words = t.ruleSays, { dialect, after, close } = action;
  const shown = { ...action, url: action.url?.replace(/:[^/@]*@/, ':…@') };
  const base = words.actions[action.action](reply(action), shown);
  return [base, close && words.close, dialect && words.dialect(dialect), after && words.after(after)].filter(Boolean).join(words.comma);
}

/** reply is what an action says, with what its preset stands for. */
function reply({ preset, code, enhanced, text = [] }) {
  const found = preset && magic.value.presets.find(({ name }) => name === preset);
  return found ? said(found) : said({ code, enhanced, text: text.join(' / ') });
}
