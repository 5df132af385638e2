// Invitations: the events of an iCalendar object (RFC 5545), as far as a reader asks for them.
import { parse, plain } from './contentlines.js';

const MOST = 50; // events that are read

/** events reads {method, what, start, end, lasts, where, status, repeats, about, organizer, attendees} of each event; of what is none, nothing. */
export function events(text) {
  const list = [], open = [];
  let method = '', event = null;
  for (const { name, params, value } of parse(text)) {
    const kind = value.trim().toUpperCase();
    if (name === 'BEGIN') {
      open.push(kind);
      if (kind === 'VEVENT' && list.length < MOST) list.push(event = { method, what: '', where: '', status: '', repeats: '', about: '', lasts: '', attendees: [] });
    } else if (name === 'END') {
      if (open.pop() === 'VEVENT') event = null;
    } else if (name === 'METHOD' && open.length === 1) method = kind;
    else if (event && open.at(-1) === 'VEVENT') put(event, name, params, value);
  }
  return list;
}

function put(event, name, params, value) {
  switch (name) {
    case 'SUMMARY': event.what = plain(value); break;
    case 'LOCATION': event.where = plain(value); break;
    case 'DESCRIPTION': event.about = plain(value); break;
    case 'STATUS': event.status = value.toUpperCase(); break;
    case 'RRULE': event.repeats = value; break;
    case 'DURATION': event.lasts = value; break;
    case 'DTSTART': event.start = time(value, params); break;
    case 'DTEND': event.end = time(value, params); break;
    case 'ORGANIZER': event.organizer = person(value, params); break;
    case 'ATTENDEE': event.attendees.push(person(value, params));
  }
}

/**
 * time is {wall, zone, day}: a date and time as it stands, and where it holds: 'UTC', the
 * name of a zone, or '' for the reader's own. day: it has no time. What is no date is null.
 */
export function time(value, { TZID = '' } = {}) {
  const [, y, m, d, clock, h, min, s, utc] = /^(\d{4})(\d\d)(\d\d)(T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(value.trim()) ?? [];
  if (!y) return null;
  const wall = `${y}-${m}-${d}` + (clock ? `T${h}:${min}:${s}` : '');
  const known = new Date(wall + (clock ? 'Z' : ''));
  if (isNaN(known) || !known.toISOString().startsWith(wall)) return null;
  return { wall, zone: utc ? 'UTC' : TZID, day: !clock };
}

const person = (value, { CN = '', PARTSTAT = '' }) => ({ name: CN, address: value.replace(/^mailto:/i, ''), answer: PARTSTAT.toUpperCase() });
