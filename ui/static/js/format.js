// Sizes, times and addresses as people read them.
import { signal } from '@preact/signals';
import { t } from './strings.js';

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(n) {
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) { n /= 1000; unit++; }
  return `${unit && n < 99.95 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

const counter = new Intl.NumberFormat(t.locale);
export const count = (n) => counter.format(n);

const clock = new Intl.DateTimeFormat(t.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(t.locale, { day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat(t.locale, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(t.locale, {
  weekday: 'short', day: 'numeric', month: 'short', year: 'numeric',
  hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});

/** now ticks often enough for relative times. */
export const now = signal(Date.now());
setInterval(() => { now.value = Date.now(); }, 20_000);

/** when is short and relative while that says more; exact is for the hover. */
export function when(iso) {
  const then = new Date(iso), at = new Date(now.value);
  const minutes = (at - then) / 60_000;
  if (minutes >= 0 && minutes < 1) return t.time.now;
  if (minutes >= 0 && minutes < 60) return t.time.minutes(Math.floor(minutes));
  if (then.toDateString() === at.toDateString()) return clock.format(then);
  return (then.getFullYear() === at.getFullYear() ? day : date).format(then);
}

export const exact = (iso) => full.format(new Date(iso));

/** sender is the name to show for who sent a message. */
export function sender({ from, envelope }) {
  const [author] = from;
  return author?.name || author?.address || envelope.from || t.nullSender;
}
