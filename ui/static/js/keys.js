// The keyboard. Keys do nothing while one writes, and leave the browser's own
// combinations alone, as far as no command has them.
import { begins, find } from './commands.js';
import { dialog } from './state/notices.js';

const PALETTE = 'Mod+k';

/** first is what was pressed of two keys. */
let first = '';

export function listen() {
  addEventListener('keydown', onKeyDown);
  addEventListener('pointerdown', () => { first = ''; });
}

function onKeyDown(event) {
  const key = pressed(event);
  if (!key || isTaken(event, key)) return;
  const before = first, command = find(before ? `${before} ${key}` : key);
  first = !before && begins(key) ? key : '';
  if (command || before || first) event.preventDefault();
  command?.run(key);
}

/** pressed names a key as commands do: by its character, or in other scripts by the Latin letter at its place. '' is none. */
function pressed(event) {
  const { key, code, isComposing, shiftKey } = event;
  if (isComposing || !key || /^(Shift|Control|Alt|Meta)/.test(key)) return '';
  const letter = key.length === 1 && key > '~' && !shiftKey && /^Key([A-Z])$/.exec(code)?.[1];
  const name = letter ? letter.toLowerCase() : key;
  if (event.getModifierState('AltGraph')) return name;
  if (event.altKey) return '';
  return event.ctrlKey || event.metaKey ? 'Mod+' + name.toLowerCase() : name;
}

/** isTaken says that a key has a meaning where it was pressed. */
function isTaken({ defaultPrevented, target }, key) {
  if (defaultPrevented) return true;
  if (dialog.value) return key !== PALETTE || dialog.value.kind !== 'palette';
  if (key === PALETTE) return false;
  if (document.querySelector(':popover-open') || target.closest('input, textarea, select')) return true;
  return key === 'Enter' && Boolean(target.closest('a, button, summary'));
}
