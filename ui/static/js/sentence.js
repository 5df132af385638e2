// Rules in plain words.
import { reply } from './format.js';
import { words } from './state/rules.js';
import { t } from './strings.js';

const fill = (name, value) => t.ruleSays[name].replace('…', () => value).trim();

/** tell puts names and their values in words; what has none, or no value, is left out. */
const tell = (values) => Object.entries(values).filter(([name, value]) => t.ruleSays[name] && value !== undefined).map(([name, value]) => fill(name, value));

/** moment says at which stage. */
export const moment = (stage) => t.ruleSays[stage] ?? fill('at', stage.toUpperCase());

/** sentence says what a rule does, when, and how often. */
export function sentence({ at, match, times, do: actions }) {
  const terms = match.map(({ field, not, any }) => {
    const term = fill(field, any.join(' / '));
    return not ? fill('not', term) : term;
  });
  return [moment(at), ...terms, ...tell(times)].join(t.ruleSays.comma) + t.ruleSays.colon + deeds(actions);
}

/** deeds says what actions do. */
export const deeds = (actions) => actions.flatMap(deed).join(t.ruleSays.comma);

function deed({ action, preset, text = [], for: time, rate, octets, keywords, url, reset, stored, close, dialect, after, ...code }) {
  const said = reply(words.value.presets.find(({ name }) => name === preset) ?? { ...code, text: text.join(' / ') });
  const cut = action === 'drop' ? octets : undefined;
  return tell({ [action]: said || time || rate || keywords || url || octets || '', cut, reset, stored, close, dialect, later: after });
}
