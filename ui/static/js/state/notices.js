// Short words to the reader: toasts that pass, and the one dialog.
import { signal } from '@preact/signals';

export const toast = signal(null);  // {text, kind: 'done' | 'failed', hint, action: {text, run, title}}
export const dialog = signal(null); // {kind: 'keys' | 'setup'} {kind: 'ask', …} or {kind: 'form', …}

let timer = 0;

/** say tells what was done; action is what can be done about it. */
export function say(text, action) { show({ kind: 'done', text, action }, action ? 8_000 : 3_000); }

/** fail says what could not be done and what the server said about it. */
export function fail(text, problem) { show({ kind: 'failed', text, hint: problem.message }, 12_000); }

function show(value, duration) {
  clearTimeout(timer);
  toast.value = value;
  timer = setTimeout(() => { toast.value = null; }, duration);
}

export function dismiss() { toast.value = null; }

/**
 * askFor shows a form. fields are {name, label, value, placeholder, hint, required};
 * run gets the values by name, and may reject with a Problem, which is shown.
 */
export function askFor({ title, text, fields, action, run }) { dialog.value = { kind: 'form', title, text, fields, action, run }; }

/** ask shows a question whose only other answer than the action is to cancel. */
export function ask({ title, text, action, run }) { dialog.value = { kind: 'ask', title, text, action, run }; }
