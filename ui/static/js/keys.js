// The keyboard. Keys do nothing while one writes, and leave the browser's own
// combinations alone.
import { actOnSelected, move, openCursor, removeMessage, toggleSeen, toggleSelected } from './actions.js';
import { close, route } from './router.js';
import { tab } from './settings.js';
import { dialog, dismiss, toast } from './state/notices.js';
import { focusSearch } from './views/search.js';
import { TABS } from './views/tabs.js';

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: openCursor,
  Enter: openCursor,
  u: toggleSeen,
  x: toggleSelected,
  r: () => actOnSelected('retry'),
  c: () => document.getElementById('clock')?.showPopover(),
  '#': removeMessage,
  Delete: removeMessage,
  '/': focusSearch,
  f: () => document.getElementById('filter')?.focus(),
  '?': () => { dialog.value = { kind: 'keys' }; },
  Escape: () => (toast.value?.kind === 'failed' ? dismiss() : close()),
};
TABS.forEach((name, i) => { keys[i + 1] = () => route.value.id && (tab.value = name); });

export function listen() {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (dialog.value || document.querySelector(':popover-open') || event.target.closest('input, textarea, select')) return;
    if (event.key === 'Enter' && event.target.closest('a, button, summary')) return; // it has a meaning of its own
    const action = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
