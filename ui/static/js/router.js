// The address bar: which mailbox is shown, what is searched for in it, and which message.
import { signal } from '@preact/signals';
import { base } from './base.js';

export const VIEWS = ['queue', 'attempts', 'rules', 'sessions', 'compare'];

/**
 * A place: box is a mailbox or '' for all mail; view is one of VIEWS in place of a mailbox, or '';
 * q a search; id a message; session an SMTP session of view 'sessions'; sub what a view is about, as 'try=ID';
 * a and b the messages of view 'compare'; pane is 'boxes' when there is room for one pane only and the
 * mailboxes are it. What does not apply is ''. A message's address does not name the place it was opened
 * from; the history's state does.
 */
const NOWHERE = { box: '', view: '', q: '', id: '', session: '', sub: '', a: '', b: '', pane: '' };

export const route = signal(parse());

addEventListener('popstate', () => { route.value = parse(); });

/** go shows another place; with replace the place we leave is not gone back to. */
export function go(place, { replace = false, draft } = {}) {
  if (place.box === '@queue') return go({ view: 'queue', id: place.id, pane: place.pane }, { replace, draft });
  const to = Object.fromEntries(Object.keys(NOWHERE).map((name) => [name, place[name] ?? '']));
  if (Object.keys(to).every((name) => route.value[name] === to[name])) return;
  const depth = (history.state?.depth ?? 0) + (replace ? 0 : 1), { box, view, session, sub, a, b, pane } = to;
  history[replace ? 'replaceState' : 'pushState']({ box, view, session, sub, a, b, pane, depth, draft }, '', address(to));
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

/** close leaves the message, or the session: back to where it was opened from, if that was here. */
export function close() {
  const { id, session } = route.value;
  if (!id && !session) return;
  if (history.state?.depth > 0) history.back();
  else go({ ...route.value, id: '', session: id && session, pane: '' }, { replace: true });
}

/** leave goes back to where a view was opened from, or to all mail. */
export function leave() {
  if (history.state?.depth > 0) history.back();
  else go({}, { replace: true });
}

/** follow lets a link change the place here; with a key held it is the browser's, for a new tab or window. */
export const follow = (act) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  act();
};

export function address({ box = '', view = '', q = '', id = '', session = '', sub = '', a = '', b = '' }) {
  const query = q && '?q=' + encodeURIComponent(q);
  if (id) return base + '/message/' + encodeURIComponent(id) + query;
  if (view === 'compare') return base + '/compare?' + new URLSearchParams({ a, b });
  if (view) return base + '/' + view + (session && '/' + encodeURIComponent(session)) + (sub && '?' + sub);
  if (box === '@queue' || box === '@badmail') return base + '/' + box.slice(1) + query;
  return base + (box ? '/mailbox/' + encodeURIComponent(box) : '/') + query;
}

function parse() {
  const path = location.pathname, inner = (path + '/').startsWith(base + '/') ? path.slice(base.length) : path;
  const [, kind, name = ''] = inner.split('/');
  const { box, view, session, sub, a, b, pane } = { ...NOWHERE, ...history.state };
  const asked = new URLSearchParams(location.search), q = asked.get('q')?.trim() ?? '';
  if (kind === 'message') return { ...NOWHERE, box, view, session, sub, a, b, q, id: decode(name) };
  if (kind === 'compare') return { ...NOWHERE, view: kind, pane, a: asked.get('a') ?? '', b: asked.get('b') ?? '' };
  if (kind === 'sessions') return { ...NOWHERE, view: kind, pane, session: decode(name) };
  const shown = kind === 'mailbox' ? decode(name) : kind === 'badmail' ? '@badmail' : '';
  if (VIEWS.includes(kind) || shown === '@queue') return { ...NOWHERE, view: shown ? 'queue' : kind, sub: location.search.slice(1), pane };
  return { ...NOWHERE, box: shown, q, pane };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
