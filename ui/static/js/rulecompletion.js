// What may come next in a rule, by the place of the caret.
import { t } from './strings.js';

/**
 * complete gives {from, to, typed, items}: each item {text, what, insert} may stand in
 * place of what lies between from and to, of which typed is there already.
 * known is {language, presets, addresses}.
 */
export function complete(text, caret, known) {
  const words = split(text), at = words.find(({ start, end }) => start < caret && caret <= end) ?? { start: caret, end: caret };
  const before = words.filter(({ end }) => end <= at.start).map(({ start, end }) => text.slice(start, end));
  const typed = text.slice(at.start, caret);
  const none = { from: at.start, to: at.end, typed, items: [] };
  if (typed.startsWith('"') || typed.startsWith('#') || before.some((word) => word.startsWith('#'))) return none;
  const [, key, value] = /^([a-z]+!?=)(.*)$/.exec(typed) ?? [];
  const [first, ...rest] = before, stage = known.language.stages.find(({ name }) => name === first);
  if (!first) return among(none, known.language.stages.map(word));
  if (!stage) return none;
  const used = rest.findLastIndex((word) => stage.actions.includes(word));
  if (used >= 0) return among(none, following(stage, rest[used], rest.length - used - 1, known));
  if (!key) return among(none, beginnings(stage, known.language));
  const from = at.start + key.length + (key === 'per=' ? value.lastIndexOf(',') + 1 : 0);
  return among({ ...none, from, typed: text.slice(from, caret) }, values(key.replace(/!?=$/, ''), stage, known), true);
}

/** split finds the words of a rule; a quote that is not closed goes on to the end. */
function split(text) {
  return [...text.matchAll(/(?:[^\s"]|"(?:\\.|[^"\\])*(?:"|$))+/g)].map(({ index, 0: { length } }) => ({ start: index, end: index + length }));
}

/** says is what a word means: the server's words for it are English, others are those that a rule is told in. */
function says(name, what) {
  const { stages, fields, is, times, actions } = t.ruleSays, some = '…';
  if (t.lang === 'en') return what;
  return stages[name] ?? (fields[name] && is(fields[name], some)) ?? times[name]?.(name === 'per' ? [some] : some)
    ?? actions[name]?.(some, { for: some, rate: some, octets: '', keywords: [some], url: some }) ?? what;
}

const word = ({ name, what }) => ({ text: name, what: says(name, what), insert: name + ' ' });
const key = ({ name, what }) => ({ text: name + '=', what: says(name, what), insert: name + '=' });
const value = ({ text, what }) => ({ text, what, insert: text + ' ' });

/** among keeps what goes on from what is typed; a value may also have it inside. */
function among(place, items, anywhere) {
  const typed = place.typed.toLowerCase(), fits = (text) => (anywhere ? text.includes(typed) : text.startsWith(typed));
  return { ...place, items: items.filter(({ text }) => text !== place.typed && fits(text.toLowerCase())).slice(0, 60) };
}

const beginnings = ({ fields, actions }, language) => [
  ...language.fields.filter(({ name }) => fields.includes(name)).map(key),
  ...language.actions.filter(({ name }) => actions.includes(name)).map(word),
  ...language.times.map(key),
];

function values(name, stage, { language, addresses }) {
  if (name === 'per') return stage.per.map((text) => value({ text }));
  const { values: listed = [] } = [...language.fields, ...language.times].find((one) => one.name === name) ?? {};
  const known = name === 'to' || name === 'from' ? addresses.map((text) => ({ text })) : [];
  return [...known, ...listed].map(value);
}

/** following is what an action takes, with so many arguments behind it already. */
function following(stage, name, args, { language, presets }) {
  const action = language.actions.find((one) => one.name === name);
  const here = ({ at }) => !at?.length || at.includes(stage.name);
  if (!args && action.values.length) {
    const replies = presets.filter((one) => action.presets?.includes(one.name)).map(({ name, from, code, text }) => ({ text: name, what: `${from}: ${code} ${text}` }));
    return [...action.values.filter(here), ...replies].map(value);
  }
  const more = language.actions.filter((one) => ['delay', 'drip', 'hide', 'offer'].includes(name) && one.name !== name && stage.actions.includes(one.name));
  return [...(action.options ?? []).filter(here).map(value), ...more.map(word)];
}
