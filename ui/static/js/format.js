// Sizes, times and addresses as people read them.
import { now } from './state/clock.js';
import { times } from './settings.js';
import { t } from './strings.js';

/** LONGEST is how many characters of a name are shown: browsers take minutes for the longest ones. */
export const LONGEST = 1000;

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(n) {
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) { n /= 1000; unit++; }
  return `${unit && n < 99.95 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

export const count = new Intl.NumberFormat(t.locale).format;

/** counted is a number with the word for what it counts; tally has those of several that are more than none. */
export const counted = (word, n) => `${count(n)} ${t.counted[word]}`;
export const tally = (numbers, words) => words.filter((word) => numbers[word] > 0).map((word) => counted(word, numbers[word])).join(' · ');

const formatter = (...options) => new Intl.DateTimeFormat(t.locale, Object.assign({ hourCycle: 'h23' }, ...options)).format;
const HOUR = { hour: '2-digit', minute: '2-digit' }, DAY = { day: 'numeric', month: 'short' }, SECOND = { second: '2-digit' }, YEAR = { year: 'numeric' };
const clock = formatter(HOUR), seconds = formatter(HOUR, SECOND), day = formatter(DAY), date = formatter(DAY, YEAR), full = formatter(DAY, YEAR, HOUR, SECOND, { weekday: 'short' });

/** when is short and relative while that says more, unless the reader wants times exact; exact is for the hover. */
export function when(iso) {
  const then = new Date(iso), at = new Date(now.value), today = then.toDateString() === at.toDateString();
  if (times.value === 'exact') return today ? seconds(then) : short(then);
  const minutes = Math.floor((at - then) / 60_000);
  if (minutes >= 0 && minutes < 60) return minutes ? t.time.ago(t.time.minutes(minutes)) : t.time.now;
  if (today) return clock(then);
  return then.getFullYear() === at.getFullYear() ? day(then) : date(then);
}

/** due is when something to come happens: relative while that says more. */
export function due(iso) {
  const then = new Date(iso), left = then - now.value;
  if (left <= 0) return t.time.due;
  return left < 48 * 3_600_000 ? t.time.in(span(Math.ceil(left / 60_000) * 60_000)) : short(then);
}

/** span is a length of time in its two largest units. */
export function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return t.time.seconds(Number((milliseconds / 1000).toFixed(1)));
  const minutes = Math.round(milliseconds / 60_000), { days, hours } = t.time;
  const parts = [[Math.floor(minutes / 1440), days], [Math.floor(minutes / 60) % 24, hours], [minutes % 60, t.time.minutes]];
  const from = parts.findIndex(([n]) => n > 0);
  return parts.slice(from, from + 2).filter(([n]) => n > 0).map(([n, word]) => word(n)).join(' ');
}

/** reply is what an SMTP server says, on one line. */
export const reply = ({ code, enhanced, text }) => [code, enhanced, text].filter(Boolean).join(' ');

export const short = (milliseconds) => `${day(milliseconds)} ${clock(milliseconds)}`;

export const exact = (iso) => full(new Date(iso));

/** title is the subject to show. */
export const title = ({ subject }) => subject?.slice(0, LONGEST) || t.noSubject;

/** sender is the name to show for who sent a message. */
export function sender({ from, envelope }) {
  const [author] = from;
  return (author?.name || author?.address || envelope.from || t.nullSender).slice(0, LONGEST);
}
