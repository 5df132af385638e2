// Line icons on a 16 px grid, drawn with the text's colour.
import { html } from './html.js';

/** The paths of the icons, for drawings. */
export const shapes = {
  attachment: 'M13 7.2 8 12.3a3 3 0 0 1-4.3-4.2l5.2-5.2a2 2 0 0 1 2.9 2.8l-5.2 5.2a1 1 0 0 1-1.4-1.4l4.4-4.5',
  inbox: 'M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5c.3 1.2 1.3 2 2.5 2s2.2-.8 2.5-2H14',
  person: 'M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zm-5 5.5c.4-2.5 2.4-3.5 5-3.5s4.6 1 5 3.5',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zm3.3-1.2 3.2 3.2',
  close: 'm4 4 8 8m0-8-8 8',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  trash: 'M2.5 4.5h11M6 4.5V3h4v1.5M4 4.5 4.6 13h6.8l.6-8.5M6.7 7v3.7M9.3 7v3.7',
  unread: 'M8.5 3.5H2v9h12V7.5M2.5 4.5 8 8.8l2-1.6M13 5.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
  allRead: 'm1.5 8.5 3 3 6-7m-2.5 6 1 1 6-7',
  download: 'M8 2.5v7.3m-3-2.9 3 3 3-3M3 13.2h10',
  external: 'M9 3h4v4m0-4L7.5 8.5M11.5 9.5V13H3V4.5h3.5',
  keyboard: 'M1.5 4.5h13v7.5h-13zM4 7h.1m2.6 0h.1m2.6 0h.1M12 7h.1M5 9.6h6',
  plug: 'M5.5 2v3.5m5-3.5v3.5M4 5.5h8V8a4 4 0 0 1-8 0zm4 6.5v2.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 3v-.5h-8v8H3',
  check: 'm3 8.5 3.2 3.2L13 4.5',
  system: 'M2 3h12v8H2zm4 10.5h4M8 11v2.5',
  light: 'M8 10.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM8 1.7v1.3m0 10v1.3m6.3-6.3H13m-10 0H1.7m10.8-4.5-1 1m-7 7-1 1m9 0-1-1m-7-7-1-1',
  dark: 'M13 9.8A5.7 5.7 0 0 1 6.2 3a5.7 5.7 0 1 0 6.8 6.8z',
  warning: 'M8 2.5 14.2 13H1.8zM8 6.5v3m0 1.8v.1',
  image: 'M2 3h12v10H2zm0 8 3.5-3.5L8.5 10.5 11 8l3 3M5.5 6.2h.1',
  file: 'M4 1.8h5l3 3v9.4H4zm5 0v3h3',
  queue: 'M2 4h12M2 8h7M2 12h4m6.5 1.8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm0-4.4v1.5l1 .8',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.7V8l2.3 1.6',
  badmail: 'M2 3.5h12v9H2zM6 6l4 4m0-4-4 4',
  attempts: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.6m0 2.3v.1',
  rules: 'M3 8h3m0 0 3-4h4M6 8l3 4h4m-2-10 2 2-2 2m0 4 2 2-2 2',
  done: 'M2 3.5h12v9H2zm3.2 4.6 2 2 3.8-4',
  retry: 'M13 8a5 5 0 1 1-1.5-3.5L13 6m0-3.2V6H9.8',
  pause: 'M5.5 3.5v9m5-9v9',
  play: 'm5 3.5 7 4.5-7 4.5z',
  bounce: 'M6 4 2.5 7.5 6 11M2.5 7.5H10a3.3 3.3 0 0 1 0 6.6H8',
  edit: 'm10.5 3 2.5 2.5L6 12.5l-3 .5.5-3z',
  relay: 'M2 8h10.5M9 4.5 12.5 8 9 11.5',
  command: 'M5.5 5.5h5v5h-5zm0 0V4A1.7 1.7 0 1 0 3.8 5.5zm5 0V4a1.7 1.7 0 1 1 1.7 1.5zm0 5V12a1.7 1.7 0 1 0 1.7-1.5zm-5 0V12a1.7 1.7 0 1 1-1.7-1.5z',
  settings: 'M2 4.5h6m4 0h2m-2 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM2 11.5h2m4 0h6m-6 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  pin: 'm8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z',
  chevron: 'm6 4 4 4-4 4',
  swap: 'M3 5.5h9m-2.5-3 3 3-3 3M13 10.5H4m2.5 3-3-3 3-3',
  print: 'M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2m-7-2h7v4h-7z',
  minus: 'M4 8h8',
  plus: 'M4 8h8M8 4v8',
  wrap: 'M2 4h12M2 8h9.5a2 2 0 0 1 0 4H8m1.5-1.7L8 12l1.5 1.7M2 12h3',
  down: 'M8 3v9.5m4-3.8-4 4-4-4',
  stop: 'M5.5 2.5h5l3 3v5l-3 3h-5l-3-3v-5zM5.5 8h5',
  hollow: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z',
  sessions: 'M2 5h11.5m-3-3 3 3-3 3M14 11H2.5m3-3-3 3 3 3',
  stop: 'M5.6 2h4.8L14 5.6v4.8L10.4 14H5.6L2 10.4V5.6zM8 5v3.6m0 2.3v.1',
  reply: 'M6.5 3.5 2.5 7.5l4 4M2.5 7.5H9c3 0 4.5 1.8 4.5 5',
  replyAll: 'M5 4 1.5 7.5 5 11m4-7.5-4 4 4 4M5 7.5h5.5c2.6 0 4 1.8 4 5',
  resend: 'M14 8.5v4H2v-9h6M2.5 4.5 7 8l2-1.2M11 1.8l2.5 2.2L11 6.2M13.5 4H10',
  compare: 'M3 2.5h4v11H3zm6 0h4v11H9z',
  up: 'M8 13V3.5M4 7.3l4-4 4 4',
};

export const icon = (name) => html`
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${shapes[name]} /></svg>`;

export const mark = () => html`
  <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M3 6.5a5 5 0 0 1 10 0V15H3z" /><path class="slot" d="M5 7h6v1.5H5z" />
  </svg>`;
