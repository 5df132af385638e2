// The rules with their counters, and the names that stand for faults.
import { signal } from '@preact/signals';
import * as api from '../api.js';

export const rules = signal({ phase: 'loading', list: [], problem: null });
export const magic = signal({ addresses: [], presets: [] });

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

/** loadMagic asks once: the names are part of the program. */
export async function loadMagic() {
  if (magic.value.addresses.length) return;
  magic.value = await api.magic();
}

/** apply returns false when events are such that rules were asked. */
export const apply = (events) => !events.some(({ type }) => type === 'added' || type === 'attempted' || type === 'updated');
