// Sizes, times and addresses as people read them.
import { now } from './state/clock.js';
import { times } from './settings.js';
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

const seconds = new Intl.DateTimeFormat(t.locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** when is short and relative while that says more, unless the reader wants times exact; exact is for the hover. */
export function when(iso) {
  const then = new Date(iso), at = new Date(now.value);
  if (times.value === 'exact') return then.toDateString() === at.toDateString() ? seconds.format(then) : short(then);
  const minutes = (at - then) / 60_000;
  if (minutes >= 0 && minutes < 1) return t.time.now;
  if (minutes >= 0 && minutes < 60) return t.time.ago(t.time.minutes(Math.floor(minutes)));
  if (then.toDateString() === at.toDateString()) return clock.format(then);
  return (then.getFullYear() === at.getFullYear() ? day : date).format(then);
}

/** due is when something to come happens: relative while that says more. */
export function due(iso) {
  const then = new Date(iso), minutes = Math.ceil((then - now.value) / 60_000);
  if (minutes <= 0) return t.time.due;
  return minutes < 48 * 60 ? t.time.in(span(minutes * 60_000)) : `${day.format(then)}, ${clock.format(then)}`;
}

/** span is a length of time in its two largest units. */
export function span(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  const parts = [[Math.floor(minutes / 1440), t.time.days], [Math.floor(minutes / 60) % 24, t.time.hours], [minutes % 60, t.time.minutes]];
  const from = parts.findIndex(([n]) => n > 0);
  if (from < 0) return t.time.seconds(Math.round(milliseconds / 1000));
  return parts.slice(from, from + 2).filter(([n]) => n > 0).map(([n, word]) => word(n)).join(' ');
}

/** reply is what an SMTP server says, on one line. */
export const reply = ({ code, enhanced, text }) => [code, enhanced, text].filter(Boolean).join(' ');

export const short = (milliseconds) => `${day.format(milliseconds)} ${clock.format(milliseconds)}`;

export const exact = (iso) => full.format(new Date(iso));

/** sender is the name to show for who sent a message. */
export function sender({ from, envelope }) {
  const [author] = from;
  return author?.name || author?.address || envelope.from || t.nullSender;
}
