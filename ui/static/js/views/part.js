// What one part of a mail holds, shown as far as that is safe.
import { useEffect, useState } from 'preact/hooks';
import { head, partURL, showable } from '../api.js';
import { events } from '../calendar.js';
import { bytes, exact, wall } from '../format.js';
import { html } from '../html.js';
import { decode, hex } from '../octets.js';
import { t } from '../strings.js';
import { cards } from '../vcard.js';
import { Facts } from './headers.js';
import { Failure, Loading } from './parts.js';
import { Linked } from './text.js';

const TEXT = 256 * 1024, HEX = 256; // octets that are shown

export function PartBody({ id, part }) {
  const url = part.part && partURL(id, part.part);
  if (part.enclosed.length) return html`<${Nested} id=${id} part=${part} />`;
  if (part.children.length || !url) return null;
  const kind = kindOf(part), View = { image: Picture, pdf: Document, calendar: Calendar, card: Cards, text: Text, other: Hex }[kind];
  return html`<${View} url=${url} part=${part} />`;
}

function kindOf({ contentType: type, filename }) {
  if (/^image\/(png|jpe?g|pjpeg|gif|webp|avif|bmp|apng|x-icon|vnd\.microsoft\.icon)$/.test(type)) return 'image';
  if (type === 'application/pdf') return 'pdf';
  if (type === 'text/calendar' || type === 'application/ics' || /\.ics$/i.test(filename)) return 'calendar';
  if (/^text\/(x-)?vcard$/.test(type) || /\.vcf$/i.test(filename)) return 'card';
  return /^(text|message)\/|[/+](json|xml|yaml|javascript|sql)$/.test(type) ? 'text' : 'other';
}

/** useAnswer asks for something once, and is {value} or {problem} in the end. */
function useAnswer(ask, key) {
  const [answer, setAnswer] = useState({});
  useEffect(() => {
    const request = new AbortController();
    setAnswer({});
    ask(request.signal).then((value) => setAnswer({ value }), (problem) => problem.name === 'AbortError' || setAnswer({ problem }));
    return () => request.abort();
  }, [key]);
  return answer;
}

/** Loaded hands the first octets of a part to its child, once they are here. */
function Loaded({ url, limit, children }) {
  const { value, problem } = useAnswer((signal) => head(url, limit, signal), url);
  if (problem) return html`<${Failure} problem=${problem} />`;
  return value ? children(value) : html`<${Loading} text=${t.message.loading} />`;
}

const Text = ({ url, part }) => html`
  <${Loaded} url=${url} limit=${TEXT}>${({ bytes: octets, total }) => html`
    ${octets.length < total && html`<p class="hint">${t.mail.first(bytes(TEXT))}</p>`}
    <pre class="source" tabindex="0"><${Linked} text=${decode(octets, part.charset, octets.length < total)} /></pre>`}<//>`;

const Hex = ({ url }) => html`
  <${Loaded} url=${url} limit=${HEX}>${({ bytes: octets, total }) => html`
    ${octets.length < total && html`<p class="hint">${t.mail.first(bytes(HEX))}</p>`}
    <pre class="source hex" tabindex="0">${hex(octets)}</pre>`}<//>`;

const Picture = ({ url, part }) => html`<p class="picture"><img src=${url} alt=${part.filename || t.message.unnamed(part.part)} /></p>`;

function Document({ url, part }) {
  const { value, problem } = useAnswer((signal) => showable(url, signal), url);
  if (value) return html`<iframe src=${url} title=${part.filename || part.contentType}></iframe>`;
  return value === false || problem ? html`<p class="hint">${t.mail.save}</p>` : null;
}

/** Read shows what a reader makes of a part, each in a view, and its text; or only that. */
const Read = ({ url, reader, view }) => html`
  <${Loaded} url=${url} limit=${TEXT}>${({ bytes: octets }) => {
    const text = decode(octets), list = reader(text), source = html`<pre class="source" tabindex="0">${text}</pre>`;
    return list.length
      ? html`${list.map(view)}<details><summary>${t.message.tabs.text}</summary>${source}</details>`
      : html`<p class="hint">${t.mail.unreadable}</p>${source}`;
  }}<//>`;

const Calendar = ({ url }) => html`<${Read} url=${url} reader=${events} view=${(event) => html`<${Event} ...${event} />`} />`;

function Event({ method, what, start, end, lasts, where, status, repeats, about, organizer, attendees }) {
  const who = ({ name, address, answer }) => html`<div>${name && `${name} `}<span class="where">${address}</span>${answer && html` <span class="tag">${answer.toLowerCase()}</span>`}</div>`;
  return html`
    <div class="card">
      <h4>${what || t.noSubject}</h4>
      <${Facts} facts=${[
        [t.mail.time, start && [html`<div>${moment(start)}</div>`, end ? html`<div>– ${moment(lastDay(end))}</div>` : lasts]],
        [t.mail.place, where], [t.mail.status, [method, status].filter(Boolean).join(' · ').toLowerCase()],
        [t.mail.repeats, repeats], [t.mail.organizer, organizer && who(organizer)], [t.mail.attendees, attendees.map(who)],
      ]} />
      ${about && html`<p class="about"><${Linked} text=${about} /></p>`}
    </div>`;
}

/** moment writes a time as it stands, with the zone it is in; one in UTC by the reader's clock as well. */
function moment({ wall: at, zone, day }) {
  if (day) return wall(at, day);
  return html`${wall(at)} <span class="where">${zone || t.mail.local}</span>${zone === 'UTC' && html`<div class="where">${t.mail.here(exact(at + 'Z'))}</div>`}`;
}

/** lastDay is the day on which something ends: the end of whole days is the day after (RFC 5545 §3.6.1). */
function lastDay(end) {
  if (!end.day) return end;
  const before = new Date(end.wall);
  before.setUTCDate(before.getUTCDate() - 1);
  return { ...end, wall: before.toISOString().slice(0, 10) };
}

const Cards = ({ url }) => html`<${Read} url=${url} reader=${cards} view=${({ name, lines }) => html`
  <div class="card"><h4>${name}</h4>${lines.map((line) => html`<div>${line}</div>`)}</div>`} />`;

/** A message within the message: who wrote what to whom, and how it begins. */
function Nested({ id, part }) {
  const main = /^(from|to|cc|subject|date|message-id)$/i, body = firstText(part);
  const rows = (list) => list.map(({ name, value }) => [name, value]);
  return html`
    <div class="card">
      <${Facts} facts=${rows(part.enclosed.filter(({ name }) => main.test(name)))} />
      <details><summary>${t.message.tabs.headers}</summary><${Facts} facts=${rows(part.enclosed)} /></details>
    </div>
    ${body && html`<${Text} url=${partURL(id, body.part)} part=${body} />`}`;
}

function firstText(part) {
  if (!part.children.length) return part.contentType.startsWith('text/') && part.part ? part : null;
  for (const child of part.children) {
    const found = firstText(child);
    if (found) return found;
  }
  return null;
}
