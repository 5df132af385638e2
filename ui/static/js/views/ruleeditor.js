// The line in which a rule is written: it is completed, checked and told in plain words while one types.
import { batch, computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as api from '../api.js';
import { html } from '../html.js';
import { complete } from '../rulecompletion.js';
import { sentence } from '../sentence.js';
import { change, checked, discard, draft } from '../state/rules.js';
import { t } from '../strings.js';

const field = () => document.getElementById('rule');

/** write puts a rule into the editor; the part of it that is likely to change is selected. */
export function write(rule, part = '') {
  const { text } = draft.value = rule, input = field(), from = text.indexOf(part);
  withdraw();
  input.value = text;
  input.focus();
  if (part) input.setSelectionRange(from, from + part.length);
}

/** caret is where in the rule more words are asked for, null when they are not. */
const caret = signal(null);

/** chosen is the text of the word that the arrows are at. */
const chosen = signal('');

/** offered is what may come next. It grows when words come from the server meanwhile. */
const offered = computed(() => (caret.value === null ? { items: [] } : complete(draft.value.text, caret.value)));
const at = computed(() => offered.value.items.findIndex(({ text }) => text === chosen.value));

const offer = () => batch(() => {
  caret.value = field().selectionStart;
  chosen.value = '';
});
const withdraw = () => { caret.value = null; };

function accept({ text }) {
  const { from, to } = offered.value, input = field(), after = input.value.slice(to), whole = !text.endsWith('=');
  const before = input.value.slice(0, from) + text + (whole ? ' ' : '');
  input.value = before + (whole ? after.trimStart() : after);
  input.setSelectionRange(before.length, before.length);
  onInput();
}

const onInput = () => batch(() => {
  draft.value = { ...draft.value, text: field().value };
  offer();
});

function onKeyDown(event) {
  if (event.isComposing) return;
  const { items, typed } = offered.value, item = items[at.value] ?? (event.key === 'Tab' && typed ? items[0] : undefined);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], n = items.length + 1;
  if (step && n === 1) offer();
  else if (step) chosen.value = items[(at.value + 1 + step + n) % n - 1]?.text;
  else if (item && (event.key === 'Tab' && !event.shiftKey || event.key === 'Enter')) accept(item);
  else if (event.key === 'Escape') escape();
  else return;
  event.preventDefault();
}

function escape() {
  if (offered.value.items.length) withdraw();
  else if (draft.value.id) discard();
  else field().blur();
}

let sent = null; // the draft that is on its way

function onSubmit(event) {
  event.preventDefault();
  const now = draft.value, { id, text } = now;
  withdraw();
  if (now === sent) return;
  sent = now;
  change(async () => {
    await (id ? api.setRule(id, text) : api.addRule(text)).finally(() => { sent = null; });
    if (draft.value === now) discard();
  });
}

export function Editor() {
  const { id, text } = draft.value, { rule, problem } = checked.value;
  const wrong = problem && problem.column + problem.length <= text.length; // or else only the end is still missing
  return html`
    <form class="editor" onSubmit=${onSubmit}>
      <${Writing} text=${text} wrong=${wrong} />
      <button class="button primary">${id ? t.rules.save : t.rules.add}</button>
      ${id && html`<button type="button" class="button" onClick=${discard}>${t.actions.cancel}</button>`}
      <p class=${wrong ? 'wrong' : problem ? 'unfinished' : 'says'} role="status">${problem ? problem.message : rule && sentence(rule)}</p>
    </form>`;
}

/** The field with its completion, as ARIA's pattern of an editable combobox has it. */
function Writing({ text, wrong }) {
  const { items } = offered.value, { problem } = checked.value, shown = items.length > 0;
  useEffect(() => document.querySelector('.words [aria-selected=true]')?.scrollIntoView({ block: 'nearest' }), [at.value]);
  return html`
    <span class="writing">
      <input id="rule" type="text" role="combobox" autocomplete="off" autocapitalize="off" spellcheck="false" required maxlength="8192" value=${text}
        aria-label=${t.rules.text} aria-invalid=${Boolean(wrong)} aria-autocomplete="list" aria-expanded=${shown} aria-controls="rule-words" aria-activedescendant=${at.value < 0 ? undefined : `rule-word-${at.value}`}
        placeholder='rcpt to=*@slow.test first=2 reply 451 4.7.1 "Try later"' onInput=${onInput} onKeyDown=${onKeyDown} onClick=${offer} onBlur=${withdraw} />
      ${wrong && !field()?.scrollLeft && html`<span class="caret" aria-hidden="true">${' '.repeat(problem.column - 1) + '^'.repeat(problem.length || 1)}</span>`}
      ${shown && html`<ul id="rule-words" class="options words" role="listbox" aria-label=${t.rules.words} onMouseDown=${(event) => event.preventDefault()}>
        ${items.map((item, i) => html`<li key=${item.text} id="rule-word-${i}" role="option" aria-selected=${i === at.value} onClick=${() => accept(item)}><code>${item.text}</code><span>${item.what}</span></li>`)}
      </ul>`}
    </span>`;
}
