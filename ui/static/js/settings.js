// What the reader chose, kept in this browser.
import { signal, effect } from '@preact/signals';

/** stored is a signal that remembers its value under a name. */
export function stored(name, initial) {
  const key = 'postroom.' + name;
  const value = signal(read(key, initial));
  effect(() => write(key, value.value));
  return value;
}

function read(key, initial) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? initial;
  } catch {
    return initial; // storage is off, or holds what we did not write
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch { /* storage is off or full: the choice lasts as long as the page */ }
}

export const theme = stored('theme', 'system'); // system, light or dark
export const boxesWidth = stored('boxes', 220);
export const listWidth = stored('list', 400);
export const tab = stored('tab', 'preview');
export const rawHeaders = stored('rawHeaders', false);
export const language = stored('language', 'system'); // system, or a key of languages in strings.js
export const density = stored('density', 'comfortable'); // or compact
export const times = stored('times', 'relative'); // or exact
export const grouping = stored('grouping', 'auto'); // mailboxes by domain: auto, on or off
export const pinned = stored('pinned', []); // mailboxes on top
export const folded = stored('folded', []); // domains whose mailboxes are not shown
export const wrapSource = stored('wrap', true);
export const previewWidth = stored('previewWidth', 'full');    // full, tablet or phone
export const previewScheme = stored('previewScheme', 'light'); // what the mail is told the reader prefers
export const previewZoom = stored('previewZoom', 100);         // per cent
export const framework = stored('framework', '');

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});

const wide = matchMedia('(min-width: 1100px)'), narrow = matchMedia('(max-width: 699.98px)');
const measure = () => (wide.matches ? 'wide' : narrow.matches ? 'narrow' : 'medium');

/** How many panes there is room for: 'wide' (three), 'medium' (two) or 'narrow' (one). */
export const room = signal(measure());
for (const query of [wide, narrow]) query.addEventListener('change', () => { room.value = measure(); });
