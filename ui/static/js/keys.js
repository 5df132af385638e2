// The keyboard. Keys do nothing while one writes, and leave the browser's own
// combinations alone, as far as no command has them.
import { after, find } from './commands.js';
import { dialog } from './state/notices.js';

const PALETTE = 'Mod+k';
const modifiers = ['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'Process', 'Dead', 'Unidentified'];

let first = ''; // of two keys

const forget = () => { first = ''; };

export function listen() {
  addEventListener('keydown', onKeyDown);
  addEventListener('pointerdown', forget);
}

function onKeyDown(event) {
  const key = pressed(event);
  if (!key || isTaken(event, key)) return;
  const before = first;
  forget();
  if (before && key === 'Escape') return event.preventDefault();
  if (!before && after(key).length) {
    first = key;
    return event.preventDefault();
  }
  const command = find(before ? `${before} ${key}` : key);
  if (command || before) event.preventDefault();
  command?.run(key);
}

/** pressed names a key as commands do: by its character, or in other scripts by the Latin letter at its place. '' is none. */
function pressed(event) {
  const { key, code, isComposing, shiftKey } = event;
  if (isComposing || !key || modifiers.includes(key)) return '';
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
