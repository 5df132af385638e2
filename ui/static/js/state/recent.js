// What was searched for before, the latest first.
import { stored } from '../settings.js';

const KEPT = 20;

export const searches = stored('searches', []);

export const forget = (q) => { searches.value = searches.value.filter((one) => one !== q); };

export function remember(q) {
  if (q) searches.value = [q, ...searches.value.filter((one) => one !== q)].slice(0, KEPT);
}
