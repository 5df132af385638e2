// The tabs of a message, in their order.
import { signal } from '@preact/signals';
import { tab } from '../settings.js';

export const TABS = ['preview', 'text', 'source', 'headers', 'structure', 'raw', 'session', 'checks'];

const before = { html: 'preview', attachments: 'structure' }; // what tabs were called

/** tabFor is the tab to show of a message when the reader likes one best: with no HTML it is the text, and vice versa. */
export function tabFor(wanted, { html, text, attachments }) {
  wanted = before[wanted] ?? wanted;
  if (!TABS.includes(wanted)) wanted = 'preview';
  if (wanted === 'text' && text === null && html !== null) return 'preview';
  if (html !== null || (wanted !== 'preview' && wanted !== 'source')) return wanted;
  return text === null && attachments.length ? 'structure' : 'text';
}

/** What is pointed to in a message: the part to show, or the octet. */
export const place = signal({ id: '', part: null, offset: null });

export function showPart(id, part) {
  place.value = { id, part, offset: null };
  tab.value = 'structure';
}

export function showOctet(id, offset) {
  place.value = { id, part: null, offset };
  tab.value = 'raw';
}
