// The rules with their counters, the words they are written in, and the one that is being written.
import { computed, effect, signal } from '@preact/signals';
import * as api from '../api.js';
import { route } from '../router.js';
import { attempts } from './attempts.js';
import { addresses } from './mailboxes.js';
import { fail } from './notices.js';

const PAUSE = 120; // milliseconds without a key before what was typed is checked

export const rules = signal({ phase: 'loading', list: [], problem: null });

/** words are those that the server knows: of the language, and the names of replies and of magic addresses. */
export const words = signal({ stages: [], fields: [], times: [], actions: [], presets: [], addresses: [] });

const NOTHING = { id: '', text: '' };

/** draft is what stands in the editor; id is the rule that it changes, '' when it is a new one. */
export const draft = signal(NOTHING);

export function discard() { draft.value = NOTHING; }

/** checked is what the server says to the draft: {rule} or {problem}. It lags behind by as much as that takes. */
export const checked = signal({});

effect(() => {
  const { text } = draft.value, request = new AbortController();
  const check = () => api.checkRule(text, request.signal).then((answer) => { checked.value = answer; }, () => {});
  const timer = setTimeout(text.trim() ? check : () => { checked.value = {}; }, PAUSE);
  return () => { clearTimeout(timer); request.abort(); };
});

/** shown is the mailbox that was looked at last. */
let shown = '';
effect(() => {
  const { box } = route.value;
  if (box && !box.startsWith('@')) shown = box;
});

/** about is what the address names: the kind is 'rule', or 'attempt' or 'message' to try rules against. */
export function about() {
  const [[kind, id] = []] = new URLSearchParams(route.value.sub);
  return { kind, id };
}

/** subject is whom a rule may well be about. */
export const subject = () => attempts.value.rows.find(({ id }) => id === about().id)?.to[0] || shown || '*@example.test';

/** patterns are what to= and from= may well be: the domains of mailboxes, and each of them. */
export const patterns = computed(() => [...new Set(addresses.value.flatMap(({ address }) => [address.replace(/.*@/, '*@'), address]))]);

let asked = 0;

/** load asks for the rules; only the latest answer counts. */
export async function load() {
  const number = ++asked;
  try {
    const { rules: list } = await api.rules();
    if (number === asked) rules.value = { phase: 'ready', list, problem: null };
    return true;
  } catch (problem) {
    if (rules.value.phase !== 'ready') rules.value = { ...rules.value, phase: 'failed', problem };
    throw problem;
  }
}

/** change does something to rules and shows what they are then. */
export async function change(act) {
  try {
    await act();
    await load();
  } catch (problem) {
    fail(problem);
  }
}

/** loadWords asks once: they are part of the program. */
export async function loadWords() {
  if (!words.value.stages.length) words.value = { ...await api.magic(), ...await api.ruleLanguage() };
}

/** apply returns false when events are such that rules were asked. */
export const apply = (events) => !events.some(({ type }) => ['added', 'attempted', 'updated', 'rule'].includes(type));
