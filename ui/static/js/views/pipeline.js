// The picture of the mail's way: stations with numbers, and dots where something moves.
import { count, tally } from '../format.js';
import { html } from '../html.js';
import { shapes } from '../icons.js';
import { address, follow, go } from '../router.js';
import { BADMAIL, DONE } from '../state/mailboxes.js';
import { dots, edges, pipeline } from '../state/pipeline.js';
import { t } from '../strings.js';

const TALL = 64, GAP = 24, ROOM = 760; // pixels: a station's height, what is above the next, from which width on the picture lies

/** Column and row where the picture lies, and where it stands; the sign; which number is shown, as what, and which more; where it leads. */
const stations = {
  senders: { at: [[0, 0], [0, 0]], sign: 'plug', n: 'received', more: ['open'], to: { view: 'sessions' } },
  pickup: { at: [[0, 1], [1, 0]], sign: 'file', n: 'waiting', more: ['taken', 'bad'] },
  rules: { at: [[1, 0], [0, 1]], sign: 'rules', n: 'rules', word: 'active', more: ['applied'], to: { view: 'rules' } },
  refused: { at: [[1, 1], [1, 1]], sign: 'attempts', n: 'refused', more: ['discarded'], to: { view: 'attempts' } },
  queue: { at: [[2, 1], [0, 2]], sign: 'queue', n: 'deliveries', word: 'waiting', more: ['due', 'held'], to: { view: 'queue' } },
  mailboxes: { at: [[3, 0], [0, 3]], sign: 'inbox', n: 'messages', word: 'kept', more: ['mailboxes'], to: {} },
  relayed: { at: [[3, 1], [1, 3]], sign: 'relay', n: 'relayed', more: ['bounced'], to: { box: DONE } },
  badmail: { at: [[3, 2], [1, 2]], sign: 'badmail', n: 'deliveries', word: 'lost', more: ['written'], to: { box: BADMAIL } },
  drop: { at: [[4, 0], [0, 4]], sign: 'download', n: 'written', more: [] },
};

/** layout gives stations their places in a width, and edges their paths. */
function layout(width) {
  const [stands, columns, rows, between] = width < ROOM ? [1, 2, 5, 24] : [0, 5, 3, 40];
  const wide = Math.floor((width - (columns - 1) * between) / columns), places = {}, paths = {};
  for (const [name, { at: { [stands]: [column, row] } }] of Object.entries(stations)) places[name] = [column * (wide + between), row * (TALL + GAP)];
  for (const [name, [from, to, ...ways]] of Object.entries(edges)) paths[name] = path(places[from], places[to], ways[stands], wide, between);
  return { places, paths, wide, height: rows * (TALL + GAP) - GAP };
}

/** path goes from a station's right to the left of another, or from its left around those between, or down. */
function path([x, y], [toX, toY], way, wide, between) {
  if (way === 'down') return `M${x + wide / 2} ${y + TALL}V${y + TALL + GAP / 2}H${toX + wide / 2}V${toY}`;
  const [out, turn] = way === 'around' ? [x, x - 10] : [x + wide, x + wide + between / 2];
  return `M${out} ${y + TALL / 2}H${turn}V${toY + TALL / 2}H${toX}`;
}

export function Picture({ width }) {
  const { places, paths, wide, height } = layout(width);
  return html`
    <svg width=${width} height=${height} viewBox="-0.5 -0.5 ${width} ${height}">
      <defs><marker id="arrow" viewBox="0 0 6 8" refX="6" refY="4" markerWidth="6" markerHeight="8" orient="auto"><path d="m1 1 4 3-4 3" /></marker></defs>
      <g aria-hidden="true">${Object.values(paths).map((d) => html`<path class="edge" d=${d} marker-end="url(#arrow)" />`)}</g>
      <g role="list" aria-label=${t.pipeline.title}>${Object.entries(places).map(([name, place]) => html`<${Station} key=${name} name=${name} place=${place} wide=${wide} />`)}</g>
      <g aria-hidden="true">${dots.value.map(({ key, edge, n }) => html`
        <g key=${key} class="traveller" data-edge=${edge} style=${{ offsetPath: `path("${paths[edge]}")` }}>
          <circle r=${n > 1 ? 6 : 4} />${n > 1 && html`<text y="-10">×${count(n)}</text>`}
        </g>`)}</g>
    </svg>`;
}

/** toQueue leads to what stands below the picture. */
const toQueue = () => document.getElementById('queue').focus();

/** Station is a link, or a folder that may be off. */
function Station({ name, place, wide }) {
  const { sign, n, word = n, more, to } = stations[name], numbers = pipeline.value[name], off = !to && !numbers.folder;
  const body = html`
    <rect width=${wide} height=${TALL} rx="6" />
    <path class="icon" transform="translate(10 9)" d=${shapes[sign]} />
    <text class="name" x="32" y="21">${t.pipeline[name] ?? t.places[name]} </text>
    <text x="10" y="40">${off ? t.pipeline.off : html`<tspan class="number">${count(numbers[n])}</tspan> ${t.counted[word]}`} </text>
    <text class="more" x="10" y="56">${off ? `--${name} FOLDER` : tally(numbers, more)}</text>`;
  return html`
    <g role="listitem" class="station" data-name=${name} data-off=${off ? '' : undefined} transform="translate(${place})">
      ${to ? html`<a href=${address(to)} onClick=${follow(to.view === 'queue' ? toQueue : () => go(to))}>${body}</a>` : body}
    </g>`;
}
