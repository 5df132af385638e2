// What may come next in a rule, by the place of the caret.
import { moment } from './sentence.js';
import { patterns, words } from './state/rules.js';
import { t } from './strings.js';

const SHOWN = 60;

const english = t.lang === 'en'; // as the server's meanings of words are

/**
 * complete gives {from, to, typed, items}: each item {text, what} may take the place of
 * what lies between from and to, of which typed is before the caret.
 */
export function complete(text, caret) {
  const before = text.slice(0, caret).replace(/"(\\.|[^"\\])*("|$)/g, (quote) => '"'.repeat(quote.length)).trimStart().split(/\s+/);
  const last = before.pop(), [first, ...rest] = before, stage = words.value.stages.find(({ name }) => name === first);
  const used = rest.findLastIndex((word) => stage?.actions.includes(word));
  const [, key, value] = (used < 0 && /^([a-z]+)!?=(.*)$/.exec(last)) || [], typed = value ?? last;
  const part = typed.toLowerCase(), fits = (text) => text !== part && (key ? text.includes(part) : text.startsWith(part));
  const choices = () => {
    if (/["#]/.test(last)) return [];
    if (!first) return words.value.stages.map(({ name, what }) => ({ text: name, what: english ? what : moment(name) }));
    if (!stage) return [];
    if (used >= 0) return following(stage, rest.slice(used));
    return key ? values(key, stage) : beginnings(stage);
  };
  return {
    from: caret - typed.length, to: caret + /^\S*/.exec(text.slice(caret))[0].length, typed,
    items: choices().filter(({ text }) => fits(text.toLowerCase())).slice(0, SHOWN),
  };
}

/** offer makes items of those words that are named; what follows a word may belong to it. */
const offer = (list, names, end = '') => list.filter(({ name }) => !names || names.includes(name))
  .map(({ name, what }) => ({ text: name + end, what: english ? what : t.ruleSays[name] ?? what }));

const beginnings = ({ fields, actions }) => [
  ...offer(words.value.fields, fields, '='), ...offer(words.value.actions, actions), ...offer(words.value.times, undefined, '='),
];

function values(key, { per }) {
  if (key === 'per') return per.map((text) => ({ text }));
  const { values = [] } = [...words.value.fields, ...words.value.times].find(({ name }) => name === key) ?? {};
  const known = key === 'to' || key === 'from' ? patterns.value : [];
  return [...known.map((text) => ({ text })), ...values.filter(({ text }) => !known.includes(text))];
}

/** following is what an action takes, behind the arguments that it has; some go on to another action. */
function following(stage, [name, ...args]) {
  const { values, options, presets } = words.value.actions.find((one) => one.name === name);
  const here = ({ at }) => !at?.length || at.includes(stage.name);
  if (!args.length && values.length) {
    const replies = words.value.presets.filter((one) => presets?.includes(one.name));
    return [...values.filter(here), ...replies.map(({ name, from, code, text }) => ({ text: name, what: `${from}: ${code} ${text}` }))];
  }
  const more = ['delay', 'drip', 'hide', 'offer'].includes(name) ? stage.actions.filter((one) => one !== name) : [];
  return [...(options ?? []).filter(here), ...offer(words.value.actions, more)];
}
