// The address bar: which mailbox is shown, what is searched for in it, and which message.
import { signal } from '@preact/signals';

const VIEWS = ['queue', 'attempts', 'rules'];

/**
 * box is a mailbox or '' for all mail; view is one of VIEWS in place of a mailbox, or '';
 * q a search or ''; id a message or ''; pane is 'boxes' when
 * there is room for one pane only and the mailboxes are it. A message's address
 * does not name the mailbox it was opened from; the history's state does.
 */
export const route = signal(parse());

addEventListener('popstate', () => { route.value = parse(); });

/** go shows another place; with replace the place we leave is not gone back to. */
export function go({ box = '', view = '', q = '', id = '', pane = '' }, { replace = false, draft } = {}) {
  if (box === '@queue') return go({ view: 'queue', id, pane }, { replace, draft });
  const now = route.value;
  if (now.box === box && now.view === view && now.q === q && now.id === id && now.pane === pane) return;
  const depth = (history.state?.depth ?? 0) + (replace ? 0 : 1);
  history[replace ? 'replaceState' : 'pushState']({ box, view, pane, depth, draft }, '', address({ box, view, q, id }));
  route.value = { box, view, q, id, pane };
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

/** close leaves the message: back to where it was opened from, if that was here. */
export function close() {
  const { box, view, q, id } = route.value;
  if (!id) return;
  if (history.state?.depth > 0) history.back();
  else go({ box, view, q }, { replace: true });
}

/** follow lets a link change the place here; with a key held it is the browser's, for a new tab or window. */
export const follow = (act) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  act();
};

export function address({ box = '', view = '', q = '', id = '' }) {
  const query = q && '?q=' + encodeURIComponent(q);
  if (id) return '/message/' + encodeURIComponent(id) + query;
  if (view) return '/' + view;
  if (box === '@queue' || box === '@badmail') return '/' + box.slice(1) + query;
  return (box ? '/mailbox/' + encodeURIComponent(box) : '/') + query;
}

function parse() {
  const [, kind, name] = location.pathname.split('/');
  const { box = '', view = '', pane = '' } = history.state ?? {};
  const q = new URLSearchParams(location.search).get('q')?.trim() ?? '';
  if (kind === 'message') return { box, view, q, id: decode(name), pane: '' };
  const shown = kind === 'mailbox' ? decode(name) : kind === 'badmail' ? '@badmail' : '';
  if (VIEWS.includes(kind) || shown === '@queue') return { box: '', view: shown ? 'queue' : kind, q: '', id: '', pane };
  return { box: shown, view: '', q, id: '', pane };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
