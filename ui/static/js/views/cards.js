// Invitations and address cards: iCalendar (RFC 5545) and vCard (RFC 6350, before it RFC 2426), as far as a reader asks for them.
import { html } from '../html.js';
import { t } from '../strings.js';
import { Facts } from './headers.js';
import { linked } from './source.js';

// How many cards are read.
const MOST = 50;

export const Cards = ({ text }) => cards(text).map(({ title, fields }) => html`
  <div class="card"><h3>${title || t.noSubject}</h3><${Facts} facts=${fields.map(([name, value]) => [name, linked(value)])} /></div>`);

/** cards reads {title, fields} of each event and each person. Fields are [name, value] under the names that they have there. Of what is neither there is nothing. */
export function cards(text) {
  const list = [], open = [];
  let method = [], card = null;
  for (const { name, params, value } of contentLines(text)) {
    const kind = value.trim().toUpperCase(), one = /^V(EVENT|CARD)$/;
    if (name === 'BEGIN') {
      open.push(kind);
      if (one.test(kind)) card = { title: '', fields: [...method] };
      if (one.test(kind) && list.length < MOST) list.push(card);
    } else if (name === 'END') open.pop();
    else if (name === 'METHOD') method = [[name, kind]];
    else if (one.test(open.at(-1))) put(card, name, params, value);
  }
  return list;
}

const told = /^(DTSTART|DTEND|DURATION|RRULE|STATUS|LOCATION|ORGANIZER|ATTENDEE|DESCRIPTION|ORG|TITLE|EMAIL|TEL|URL|ADR|NOTE)$/;

function put(card, name, params, value) {
  if (name === 'SUMMARY' || name === 'FN') card.title = plain(value);
  else if (name === 'N') card.title ||= parts(value);
  else if (told.test(name)) card.fields.push([name, readable(name, params, value)]);
}

function readable(name, params, value) {
  if (name.startsWith('DT')) return moment(value, params);
  if (name === 'ORG' || name === 'ADR') return parts(value);
  return [params.CN, plain(value.replace(/^(mailto|tel):/i, '')), params.PARTSTAT].filter(Boolean).join(' · ');
}

/** plain undoes the escapes of a text. */
const plain = (value) => value.replace(/\\([\\;,nN])/g, (_, c) => (/n/i.test(c) ? '\n' : c));

/** parts are those of a structured value, which semicolons divide. */
const parts = (value) => (value.match(/(?:\\.|[^;\\])+/g) ?? []).map(plain).join(', ');

/** moment is a date, or a date and time and where that holds, as it stands; what is no date stays. */
function moment(value, { TZID = '' }) {
  const [, y, m, d, clock, h = '00', min = '00', s = '00', utc] = /^(\d{4})(\d\d)(\d\d)(T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(value) ?? [];
  const iso = `${y}-${m}-${d}T${h}:${min}:${s}`, at = new Date(iso + 'Z');
  if (isNaN(at) || !at.toISOString().startsWith(iso)) return value;
  return [at.toLocaleString(t.locale, { dateStyle: 'full', timeStyle: clock && 'short', timeZone: 'UTC' }), utc ? 'UTC' : TZID].filter(Boolean).join(' ');
}

/** contentLines gives {name, params, value} of each line that can be read, unfolded; names are in capitals, values as they stand. */
function contentLines(text) {
  const lines = [];
  for (const line of text.replace(/\r?\n[ \t]/g, '').split(/\r?\n|\r/)) {
    const [, name, given, value] = /^(?:[\w-]+\.)?([\w-]+)((?:;[^;:="]+(?:=(?:"[^"]*"|[^";:])*)?)*):(.*)$/.exec(line) ?? [], params = {};
    if (!name) continue;
    for (const [, key, word = ''] of given.matchAll(/;([^=;]+)(?:=((?:"[^"]*"|[^";])*))?/g)) params[key.toUpperCase()] = word.replaceAll('"', '');
    lines.push({ name: name.toUpperCase(), params, value });
  }
  return lines;
}
