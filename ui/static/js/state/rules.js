// The rules with their counters, the language they are written in, the names that
// stand for faults, and what a rule would have done to what is past.
import { computed, effect, signal } from '@preact/signals';
import * as api from '../api.js';
import { route } from '../router.js';
import { attempts } from './attempts.js';
import { addresses } from './mailboxes.js';

export const rules = signal({ phase: 'loading', list: [], problem: null });
export const magic = signal({ addresses: [], presets: [] });
export const language = signal({ stages: [], fields: [], times: [], actions: [] });

/** draft is the rule that is being written, '' as long as it is none. */
export const draft = signal('');

/** shown is the mailbox that was looked at last. */
let shown = '';
effect(() => {
  const { box } = route.value;
  if (box && !box.startsWith('@')) shown = box;
});

/** tried is the attempt or message in the address. */
export const tried = () => new URLSearchParams(route.value.sub).get('try') ?? '';

/** subject is whom a rule may well be about. */
export const subject = () => attempts.value.rows.find(({ id }) => id === tried())?.to[0] || shown || '*@example.test';

/** patterns are what to= and from= may well be: the domains of mailboxes, then each of them. */
export const patterns = computed(() => {
  const all = addresses.value.map(({ address }) => address);
  const domains = new Set(all.map((address) => '*' + address.slice(address.lastIndexOf('@'))).filter((text) => text.includes('@')));
  return [...domains, ...all];
});

export async function load() {
  try {
    const { rules: list } = await api.rules();
    rules.value = { phase: 'ready', list, problem: null };
    return true;
  } catch (problem) {
    if (rules.value.phase !== 'ready') rules.value = { ...rules.value, phase: 'failed', problem };
    throw problem;
  }
}

/** loadMagic asks once: the names and the language are part of the program. */
export async function loadMagic() {
  if (magic.value.addresses.length) return;
  [magic.value, language.value] = await Promise.all([api.magic(), api.ruleLanguage()]);
}

/** apply returns false when events are such that rules were asked. */
export const apply = (events) => !events.some(({ type }) => ['added', 'attempted', 'updated', 'rule'].includes(type));

const RECENT = 10;

/** recent are messages that a rule can be tried against, beside the attempts. */
export const recent = signal([]);

export async function loadRecent() {
  recent.value = (await api.messages({ limit: RECENT })).messages;
}

export const recentAttempts = computed(() => attempts.value.rows.slice(0, RECENT));

/** tryAgainst asks what a rule, or '', and the present rules would say to an attempt or message. */
export async function tryAgainst(id, text, signal) {
  const kinds = attempts.value.rows.some((one) => one.id === id) ? ['attempt', 'message'] : ['message', 'attempt'];
  const ask = (kind) => api.tryRule({ text: text || undefined, [kind]: id }, signal);
  try {
    return await ask(kinds[0]);
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return ask(kinds[1]);
  }
}
