// The tabs of a message, in their order.
import { tab } from '../settings.js';
import { change, opened } from '../state/reader.js';

export const TABS = ['preview', 'text', 'source', 'headers', 'structure', 'raw', 'session', 'checks'];

/** lacks says of which tabs a message has nothing to show. */
export const lacks = ({ html, text }) => ({ preview: html === null, source: html === null, text: text === null });

/** tabFor is the tab to show of a message: the one that the reader likes best, or the next best. */
export function tabFor(message) {
  const missing = lacks(message);
  return [tab.value, 'preview', 'text', 'structure'].find((name) => TABS.includes(name) && !missing[name]);
}

/** point shows a part of the open message, or an octet of it. */
function point(where, name) {
  change(opened.value.id, { part: undefined, offset: undefined, ...where });
  tab.value = name;
}

export const showPart = (part) => point({ part }, 'structure');
export const showOctet = (offset) => point({ offset }, 'raw');
