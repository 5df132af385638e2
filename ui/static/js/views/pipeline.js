// The picture of the mail's way: stations with numbers, and dots where something moves.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { shapes } from '../icons.js';
import { count, due } from '../format.js';
import { address, follow, go, VIEWS } from '../router.js';
import { BADMAIL, DONE } from '../state/mailboxes.js';
import { dots, edges, marks, pipeline } from '../state/pipeline.js';
import { t } from '../strings.js';

const HEIGHT = 64, ROOM = 760; // pixels: of a station; from which on the picture lies

/** Columns and rows of the stations, where the picture lies and where it stands. */
const stand = {
  senders: [[0, 0], [0, 0]], pickup: [[0, 1], [1, 0]], rules: [[1, 0], [0, 1]], refused: [[1, 1], [1, 1]], queue: [[2, 1], [0, 2]],
  mailboxes: [[3, 0], [0, 3]], relayed: [[3, 1], [1, 3]], badmail: [[3, 2], [1, 2]], drop: [[4, 0], [0, 4]],
};

/** layout gives stations their places in a width, and edges their paths. */
function layout(width) {
  const tall = Number(width < ROOM), gap = tall ? 24 : 20, columns = tall ? 2 : 5, left = tall ? 16.5 : 0.5;
  const between = tall ? 24 : Math.min(72, Math.max(36, width / 18)), wide = Math.floor((width - left - (columns - 1) * between - 1) / columns);
  const places = {}, paths = {};
  for (const [name, { [tall]: [column, row] }] of Object.entries(stand)) places[name] = { x: left + column * (wide + between), y: row * (HEIGHT + gap) + 0.5 };
  for (const [name, [from, to, ...how]] of Object.entries(edges)) paths[name] = path(places[from], places[to], how[tall], wide, between, gap);
  return { places, paths, wide, height: (tall ? 5 : 3) * (HEIGHT + gap) - gap + 1 };
}

function path(a, b, how, wide, between, gap) {
  const middle = HEIGHT / 2;
  if (how === 'down') {
    const [from, to, y] = [a.x + wide / 2, b.x + wide / 2, a.y + HEIGHT + gap / 2];
    return track([[from, a.y + HEIGHT], [from, y], [to, y], [to, b.y]]);
  }
  const out = how === 'around' ? [a.x, a.x - 12] : [a.x + wide, a.x + wide + between / 2];
  return track([[out[0], a.y + middle], [out[1], a.y + middle], [out[1], b.y + middle], [b.x, b.y + middle]]);
}

/** track is a line by way of four points, with round corners. */
function track([a, b, c, d]) {
  if ((a[0] === b[0] && b[0] === c[0]) || (a[1] === c[1] && c[1] === d[1])) return `M${a}L${d}`;
  const near = (from, corner) => corner.map((v, i) => v + Math.sign(from[i] - v) * Math.min(8, Math.abs(from[i] - v)));
  return `M${a}L${near(a, b)}Q${b} ${near(c, b)}L${near(b, c)}Q${c} ${near(d, c)}L${d}`;
}

/** useWidth measures an element. */
export function useWidth() {
  const ref = useRef(null), [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

const toQueue = () => {
  const list = document.getElementById('queue');
  list?.scrollIntoView({ block: 'start' });
  list?.focus({ preventScroll: true });
};

function stations({ senders, pickup, rules, refused, queue, mailboxes, drop, relayed, badmail }) {
  const more = (numbers) => Object.entries(numbers).filter(([, n]) => n > 0).map(counted).join(' · ');
  return {
    senders: { sign: 'plug', to: { view: 'sessions' }, n: senders.received, more: counted(['open', senders.open]) },
    pickup: { sign: 'file', off: !pickup.folder, hint: pickup.folder, n: pickup.waiting, more: more({ taken: pickup.taken, bad: pickup.bad }) },
    rules: { sign: 'rules', to: { view: 'rules' }, hint: t.places.hints.rules, n: rules.rules, more: t.rules.applied(rules.applied) },
    refused: { sign: 'attempts', to: { view: 'attempts' }, hint: t.places.hints.attempts, n: refused.refused, more: more({ discarded: refused.discarded }) },
    queue: {
      sign: 'queue', to: { view: 'queue' }, run: toQueue, hint: t.places.hints.queue, n: queue.deliveries,
      more: more({ due: queue.due, held: queue.held }) || (queue.next && t.pipeline.next(due(queue.next))),
    },
    mailboxes: { sign: 'inbox', to: {}, n: mailboxes.messages, more: t.pipeline.mailboxes(mailboxes.mailboxes) },
    drop: { sign: 'download', off: !drop.folder, hint: drop.folder, n: drop.written },
    relayed: { sign: 'relay', to: { box: DONE }, hint: t.places.hints.done, n: relayed.relayed, more: more({ bounced: relayed.bounced }) },
    badmail: { sign: 'badmail', to: { box: BADMAIL }, hint: t.places.hints.badmail, n: badmail.deliveries, more: more({ written: badmail.written }) },
  };
}

export const counted = ([word, n]) => `${count(n)} ${t.pipeline.counted[word]}`;

/** The stations without which edges are idle. */
const leans = { picked: 'pickup', written: 'drop' };

export function Picture() {
  const [ref, width] = useWidth();
  return html`<div class="picture" ref=${ref}>${width > 0 && pipeline.value && html`<${Drawing} width=${width} />`}</div>`;
}

function Drawing({ width }) {
  const { places, paths, wide, height } = layout(width), all = stations(pipeline.value);
  return html`
    <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}">
      <defs><marker id="arrow" viewBox="0 0 6 8" refX="6" refY="4" markerWidth="6" markerHeight="8" orient="auto"><path d="m1 1 4 3-4 3" /></marker></defs>
      <g aria-hidden="true">${Object.keys(paths).sort((a, b) => (b in leans) - (a in leans)).map((name) => html`
        <path key=${name} class="edge" data-off=${all[leans[name]]?.off ? '' : undefined} d=${paths[name]} marker-end="url(#arrow)" />`)}</g>
      <g role="list" aria-label=${t.pipeline.title}>${Object.entries(places).map(([name, place]) => html`
        <${Station} key=${name} name=${name} place=${place} wide=${wide} ...${all[name]} />`)}</g>
      <g aria-hidden="true">${dots.value.map(({ key, edge, n }) => html`
        <g key=${key} class="traveller" data-edge=${edge} style=${{ offsetPath: `path("${paths[edge]}")` }}>
          <circle r=${n > 1 ? 6 : 4} />${n > 1 && html`<text y="-10">×${count(n)}</text>`}
        </g>`)}</g>
    </svg>`;
}

function Station({ name, place, wide, sign, to, run, off, hint, n, more }) {
  const [called, what] = t.pipeline.stations[name], word = off ? t.pipeline.off : what, title = off ? t.pipeline[name] : hint;
  const label = [`${called}: ${off ? word : `${count(n)} ${word}`}`, !off && more, title].filter(Boolean).join(', ');
  const body = html`
    ${title && html`<title>${title}</title>`}
    <rect width=${wide} height=${HEIGHT} rx="6" />
    <path class="icon" transform="translate(10 9)" d=${shapes[sign]} />
    <text class="name" x="32" y="21">${called}</text>
    <text class="n" x="10" y="40">${!off && html`<tspan class="number">${count(n)}</tspan><tspan dx="5">${word}</tspan>`}${off && word}</text>
    <text class="more" x="10" y="56">${!off && more}</text>`;
  const link = to && (!to.view || VIEWS.includes(to.view));
  return html`
    <g role="listitem" class="station" data-name=${name} data-off=${off ? '' : undefined} data-some=${n > 0 ? '' : undefined} data-marked=${marks.value.includes(name) ? '' : undefined} transform="translate(${place.x} ${place.y})">
      ${link ? html`<a href=${address(to)} aria-label=${label} onClick=${follow(run ?? (() => go(to)))}>${body}</a>` : html`<g role="img" aria-label=${label}>${body}</g>`}
    </g>`;
}
