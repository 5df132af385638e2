// The address bar: which mailbox and which message are shown.
import { signal } from '@preact/signals';

/**
 * box is a mailbox or '' for all mail; id a message or ''; pane is 'boxes' when
 * there is room for one pane only and the mailboxes are it. A message's address
 * does not name the mailbox it was opened from; the history's state does.
 */
export const route = signal(parse());

addEventListener('popstate', () => { route.value = parse(); });

/** go shows another place; with replace the place we leave is not gone back to. */
export function go({ box = '', id = '', pane = '' }, { replace = false } = {}) {
  const now = route.value;
  if (now.box === box && now.id === id && now.pane === pane) return;
  const depth = (history.state?.depth ?? 0) + (replace ? 0 : 1);
  history[replace ? 'replaceState' : 'pushState']({ box, pane, depth }, '', address({ box, id }));
  route.value = { box, id, pane };
}

/** close leaves the message: back to where it was opened from, if that was here. */
export function close() {
  const { box, id } = route.value;
  if (!id) return;
  if (history.state?.depth > 0) history.back();
  else go({ box }, { replace: true });
}

/** follow lets a link change the place here; with a key held it is the browser's, for a new tab or window. */
export const follow = (act) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  act();
};

export function address({ box = '', id = '' }) {
  if (id) return '/message/' + encodeURIComponent(id);
  return box ? '/mailbox/' + encodeURIComponent(box) : '/';
}

function parse() {
  const [, kind, name] = location.pathname.split('/');
  const { box = '', pane = '' } = history.state ?? {};
  if (kind === 'message') return { box, id: decode(name), pane: '' };
  return { box: kind === 'mailbox' ? decode(name) : '', id: '', pane };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
