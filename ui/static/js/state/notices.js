// Short words to the reader: toasts that pass, and the one dialog.
import { signal } from '@preact/signals';
import { t } from '../strings.js';

export const toast = signal(null);  // {text, kind: done | failed, action: {text, run}}
export const dialog = signal(null); // {kind, …}; the kinds are those of views/notices.js

let timer = 0;

/** say tells what was done; action is what can be done about it. */
export function say(text, action) { show({ kind: 'done', text, action }, action ? 8_000 : 3_000); }

/** fail says that something could not be done and what the server said about it. */
export function fail({ message }) { show({ kind: 'failed', text: `${t.errors.change} ${message}` }, 12_000); }

function show(value, duration) {
  clearTimeout(timer);
  toast.value = value;
  timer = setTimeout(dismiss, duration);
}

export function dismiss() { toast.value = null; }

/**
 * ask shows a question, {title, text, action}, which can be cancelled. fields are {name, label, defaultValue, …};
 * run gets the values by name, and may reject with a Problem, which is shown.
 */
export function ask(question) { dialog.value = { kind: 'ask', ...question }; }
