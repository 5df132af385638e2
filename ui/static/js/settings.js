// What the reader chose, kept in this browser.
import { signal, effect } from '@preact/signals';

/** perhaps does what storage may refuse: it may be off or full, or hold what we did not write. */
function perhaps(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/** stored is a signal that remembers its value under a name, or else for as long as the page lasts. */
export function stored(name, initial) {
  const key = 'postroom.' + name, value = signal(perhaps(() => JSON.parse(localStorage.getItem(key))) ?? initial);
  effect(() => {
    const text = JSON.stringify(value.value);
    perhaps(() => localStorage.setItem(key, text));
  });
  return value;
}

/** 'system', 'light' or 'dark'. */
export const theme = stored('theme', 'system');
export const boxesWidth = stored('boxes', 220);
export const listWidth = stored('list', 400);
export const tab = stored('tab', 'preview');
export const rawHeaders = stored('rawHeaders', false);
/** 'system', or a key of languages in strings.js. */
export const language = stored('language', 'system');
/** 'comfortable' or 'compact'. */
export const density = stored('density', 'comfortable');
/** 'relative' or 'exact'. */
export const times = stored('times', 'relative');
/** Mailboxes by domain: 'auto', 'on' or 'off'. */
export const grouping = stored('grouping', 'auto');
/** Mailboxes on top, and domains whose mailboxes are not shown. */
export const pinned = stored('pinned', []);
export const folded = stored('folded', []);
/** 'full', 'tablet' or 'phone'; what the mail is told the reader prefers; per cent. */
export const previewWidth = stored('previewWidth', 'full');
export const previewScheme = stored('previewScheme', 'light');
export const previewZoom = stored('previewZoom', 100);
export const framework = stored('framework', '');

effect(() => { document.documentElement.dataset.theme = theme.value; });

const media = { wide: matchMedia('(min-width: 1100px)'), narrow: matchMedia('(max-width: 699.98px)') };
const measure = () => Object.keys(media).find((name) => media[name].matches) ?? 'medium';

/** How many panes there is room for: 'wide' (three), 'medium' (two) or 'narrow' (one). */
export const room = signal(measure());
for (const query of Object.values(media)) query.addEventListener('change', () => { room.value = measure(); });
