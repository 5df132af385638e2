// Line icons on a 16 px grid, drawn with the text's colour.
import { html } from './html.js';

/** The paths of the icons, for drawings. */
export const shapes = {
  attachment: 'M11 5v6a3 3 0 0 1-6 0V4a2 2 0 0 1 4 0v7a1 1 0 0 1-2 0V5',
  inbox: 'M2 9h4l1 2h2l1-2h4v4H2V9l2-6h8l2 6',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zm4-1 3 3',
  close: 'm4 4 8 8m0-8-8 8',
  back: 'M10 3 5 8l5 5',
  trash: 'M2 4h12M6 4V2h4v2M4 4l1 10h6l1-10',
  unread: 'M2 4h12v9H2zl6 5 6-5',
  badmail: 'M2 4h12v9H2zm4 2 4 4m0-4-4 4',
  done: 'M2 4h12v9H2zm3 4 2 2 4-4',
  resend: 'M8 4H2v9h12V9M2 4l6 5 2-1m0-4h5l-2-2m2 2-2 2',
  check: 'm3 8 3 3 7-7',
  allRead: 'm1 8 3 3 7-7m-3 6 1 1 7-7',
  download: 'M8 2v8M5 7l3 3 3-3M3 13h10',
  external: 'M9 3h4v4m0-4L7 9m5 1v3H3V4h3',
  plug: 'M5 2v3m6-3v3M4 5h8v3a4 4 0 0 1-8 0zm4 7v2',
  copy: 'M6 6h8v8H6zM10 6V2H2v8h4',
  dark: 'M13 10A6 6 0 0 1 6 3a6 6 0 1 0 7 7z',
  warning: 'M8 2 15 14H1zm0 5v3m0 2v.1',
  file: 'M4 2h5l3 3v9H4zm5 0v3h3',
  queue: 'M2 4h12M2 8h6M2 12h4m6 2a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm0-4v1h1',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3l2 2',
  attempts: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v4m0 2v.1',
  hollow: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z',
  stop: 'M6 2h4l4 4v4l-4 4H6l-4-4V6zm2 3v4m0 2v.1',
  rules: 'M2 8h4l3-4h5M6 8l3 4h5m-2-10 2 2-2 2m0 4 2 2-2 2',
  retry: 'M13 8a5 5 0 1 1-2-4l2 2m0-4v4H9',
  pause: 'M6 3v10m4-10v10',
  play: 'm5 3 8 5-8 5z',
  bounce: 'M6 3 2 7l4 4M2 7h8a3 3 0 0 1 0 6H8',
  reply: 'M6 3 2 7l4 4M2 7h8a4 4 0 0 1 4 4v2',
  replyAll: 'M5 3 1 7l4 4m4-8L5 7l4 4M5 7h6a4 4 0 0 1 4 4v2',
  relay: 'M2 8h11M9 4l4 4-4 4',
  edit: 'm10 3 3 3-7 7-4 1 1-4z',
  command: 'M6 6h4v4H6zV4a2 2 0 1 0-2 2zm4 0V4a2 2 0 1 1 2 2zm0 4v2a2 2 0 1 0 2-2zm-4 0v2a2 2 0 1 1-2-2z',
  settings: 'M2 4h6m4 0h2m-2 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM2 12h2m4 0h6m-6 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  pin: 'm8 2 2 4 4 .5-3 3 1 4.5-4-2-4 2 1-4.5-3-3L6 6z',
  chevron: 'm6 4 4 4-4 4',
  sessions: 'M3 5h10l-3-3m3 9H3l3 3',
  print: 'M4 6V2h8v4M4 11H2V6h12v5h-2M4 9h8v5H4z',
  minus: 'M3 8h10',
  down: 'M8 3v10m4-4-4 4-4-4',
  up: 'M8 13V3m4 4L8 3 4 7',
  compare: 'M2 3h5v10H2zm7 0h5v10H9z',
};

export const icon = (name) => html`
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${shapes[name]} /></svg>`;

export const mark = () => html`
  <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M3 6.5a5 5 0 0 1 10 0V15H3z" /><path class="slot" d="M5 7h6v1.5H5z" />
  </svg>`;
