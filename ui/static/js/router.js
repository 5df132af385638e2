// The address bar: which mailbox is shown, what is searched for in it, and which message.
import { signal } from '@preact/signals';
import { base } from './base.js';

export const VIEWS = ['queue', 'attempts', 'rules', 'sessions', 'compare', 'settings'];

/**
 * A place: box is a mailbox or '' for all mail; view is one of VIEWS in place of a mailbox, or '';
 * q a search; id a message; session an SMTP session of view 'sessions'; sub what a view is about, as 'try=ID'
 * or 'a=ID&b=ID'; pane is 'boxes' when there is room for one pane only and the mailboxes are it. What does not
 * apply is ''. An address does not name all of it; the history's state does, for places that were gone to.
 */
const NOWHERE = { box: '', view: '', q: '', id: '', session: '', sub: '', pane: '' };

const full = (place) => Object.fromEntries(Object.keys(NOWHERE).map((name) => [name, place[name] ?? '']));

const here = () => history.state?.place ?? parse();

export const route = signal(here());

let leaving = false; // the browser goes back a little later

addEventListener('popstate', () => {
  leaving = false;
  route.value = here();
});

/** go shows another place; with replace the place we leave is not gone back to. */
export function go(place, { replace = false, draft } = {}) {
  const to = full(place.box === '@queue' ? { view: 'queue', id: place.id, pane: place.pane } : place);
  if (Object.keys(to).every((name) => route.value[name] === to[name])) return;
  const depth = (history.state?.depth ?? 0) + (replace ? 0 : 1);
  history[replace ? 'replaceState' : 'pushState']({ place: to, depth, draft }, '', address(to));
  route.value = to;
}

/**
 * search shows what a query finds where we are, or with '' all there is. What is
 * typed takes the place of what was typed before, until it is kept: a kept query
 * is gone back to. The history's state says what a draft lies over: 'list' or 'other'.
 */
export function search(q, { keep = false } = {}) {
  const now = route.value, draft = history.state?.draft;
  if (!q && draft === 'list') return history.back();
  const over = draft ?? (now.q || now.id || now.pane || now.view ? 'other' : 'list');
  go({ box: now.box, q }, { replace: Boolean(draft), draft: q ? over : undefined });
  if (keep) history.replaceState({ ...history.state, draft: undefined }, '');
}

/** leave goes back to where we came from, or else to a place. */
export function leave(to = {}) {
  if (leaving) return;
  leaving = history.state?.depth > 0;
  if (leaving) history.back();
  else go(to, { replace: true });
}

/** close leaves the message, or the session. */
export function close() {
  const { id, session } = route.value;
  if (id || session) leave({ ...route.value, id: '', session: id && session, pane: '' });
}

/** follow lets a link change the place here; with a key held it is the browser's, for a new tab or window. */
export const follow = (act) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  act();
};

export function address(place) {
  const { box, view, q, id, session, sub } = full(place);
  const path = id ? ['message', id] : view ? [view, session] : box === '@badmail' ? ['badmail'] : box ? ['mailbox', box] : [];
  const query = id || !view ? q && 'q=' + encodeURIComponent(q) : sub;
  return base + '/' + path.filter(Boolean).map(encodeURIComponent).join('/') + (query && '?' + query);
}

/** parse is the place that an address names. */
function parse() {
  const { pathname, search } = location;
  const [, kind, name = ''] = ((pathname + '/').startsWith(base + '/') ? pathname.slice(base.length) : pathname).split('/').map(decode);
  const q = new URLSearchParams(search).get('q')?.trim();
  if (kind === 'message') return full({ id: name, q });
  const box = kind === 'mailbox' ? name : kind === 'badmail' ? '@badmail' : '';
  if (VIEWS.includes(kind) || box === '@queue') return full({ view: box ? 'queue' : kind, session: box ? '' : name, sub: search.slice(1) });
  return full({ box, q });
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
