// A line in which a rule is written: it is completed, checked and told in plain words while one types.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import * as api from '../api.js';
import { complete } from '../rulecompletion.js';
import { html } from '../html.js';
import { sentence } from '../sentence.js';
import { say } from '../state/notices.js';
import { draft, language, load, magic, patterns } from '../state/rules.js';
import { t } from '../strings.js';

const PAUSE = 120; // milliseconds without a key before what was typed is checked

/**
 * Editor saves one line of text. fill is {text, from, to}: what to start from, and
 * what of it to select; another fill takes its place.
 */
export function Editor({ label, fill = { text: '' }, save, cancel }) {
  const [text, setText] = useState(fill.text), [refused, setRefused] = useState(null);
  const input = useRef(), checked = useChecked(text);
  useEffect(() => {
    if (!fill.text) return;
    setText(input.current.value = fill.text);
    input.current.focus();
    if (fill.to) input.current.setSelectionRange(fill.from, fill.to);
  }, [fill]);
  const change = (text) => {
    setText(text);
    setRefused(null);
  };
  const onSubmit = async (event) => {
    event.preventDefault();
    const written = input.current.value.trim();
    if (!written) return;
    try {
      await save(written);
      if (!cancel) change(input.current.value = '');
      say(t.rules.saved);
      await load();
    } catch (problem) {
      setRefused(problem);
      const at = columnOf(problem);
      if (at) input.current?.setSelectionRange(at - 1, at);
      input.current?.focus();
    }
  };
  return html`
    <form class="editor" onSubmit=${onSubmit}>
      <span class="line">
        <${Writing} input=${input} text=${text} change=${change} cancel=${cancel} wrong=${problemOf(text, checked, refused)} />
        <button type="submit" class="button primary">${label}</button>
        ${cancel && html`<button type="button" class="button" onClick=${cancel}>${t.actions.cancel}</button>`}
      </span>
      <${Verdict} text=${text} checked=${checked} refused=${refused} />
    </form>`;
}

/** useChecked is what the server says to the text; it lags behind by as much as that takes. */
function useChecked(text) {
  const [checked, setChecked] = useState(null);
  useEffect(() => {
    const request = new AbortController();
    const timer = setTimeout(async () => {
      const answer = text.trim() ? await api.checkRule(text, request.signal).catch(() => null) : null;
      if (request.signal.aborted) return;
      setChecked(answer && { ...answer, text });
      draft.value = answer?.ok ? text : '';
    }, text.trim() ? PAUSE : 0);
    return () => { clearTimeout(timer); request.abort(); };
  }, [text]);
  useEffect(() => () => { draft.value = ''; }, []);
  return checked;
}

/** problemOf is what is wrong and where, unless it is only that the end is still missing. */
function problemOf(text, checked, refused) {
  if (refused) return { column: columnOf(refused), length: 1 };
  const problem = checked?.text === text && checked.problem;
  return problem && problem.column + problem.length <= [...text].length ? problem : null;
}

/** columnOf is where in its line the server stumbled, from 1; 0 when it does not say. */
const columnOf = ({ where = '' }) => Number(/:\d+:(\d+)$/.exec(where)?.[1] ?? 0);

function Verdict({ text, checked, refused }) {
  if (refused) return html`<p class="wrong" role="alert">${refused.message}</p>`;
  const problem = text.trim() && checked?.problem, wrong = problemOf(text, checked);
  return html`<p class=${wrong ? 'wrong' : problem ? 'unfinished' : 'says'} role="status">
    ${problem ? problem.message : text.trim() && checked?.ok ? sentence(checked.rule) : ''}</p>`;
}

/** The field with its completion, as ARIA's pattern of an editable combobox has it. */
function Writing({ input, text, change, cancel, wrong }) {
  const [open, setOpen] = useState(false), [active, setActive] = useState(-1), [caret, setCaret] = useState(text.length);
  const [left, setLeft] = useState(0), id = useId();
  const known = { language: language.value, presets: magic.value.presets, addresses: patterns.value };
  const found = open ? complete(text, caret, known) : { items: [] }, shown = found.items.length > 0;
  const look = ({ target }) => {
    setCaret(target.selectionStart);
    setLeft(target.scrollLeft);
  };
  const onInput = (event) => {
    change(event.target.value);
    look(event);
    setActive(-1);
    setOpen(true);
  };
  const accept = ({ insert }) => {
    const after = text.slice(found.to), next = text.slice(0, found.from) + (after.startsWith(' ') ? insert.trimEnd() : insert);
    const field = input.current;
    field.value = next + after;
    field.focus();
    field.setSelectionRange(next.length, next.length);
    change(field.value);
    setCaret(next.length);
    setActive(-1);
  };
  const step = (by) => {
    if (!open) setCaret(input.current.selectionStart);
    setOpen(true);
    const n = found.items.length;
    setActive(active < 0 ? (by > 0 ? 0 : n - 1) : (active + by + n) % n);
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const chosen = found.items[active] ?? (event.key === 'Tab' && found.typed ? found.items[0] : undefined);
    if (event.key === 'ArrowDown') step(1);
    else if (event.key === 'ArrowUp') step(-1);
    else if ((event.key === 'Tab' && !event.shiftKey || event.key === 'Enter') && chosen) accept(chosen);
    else if (event.key === 'Escape') escape(event);
    else return;
    event.preventDefault();
  };
  const escape = (event) => {
    event.stopPropagation();
    if (shown) setOpen(false);
    else if (cancel) cancel();
    else event.target.blur();
  };
  return html`
    <span class="writing">
      <input ref=${input} type="text" role="combobox" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="8192" value=${text}
        aria-label=${t.rules.text} aria-invalid=${Boolean(wrong)} aria-autocomplete="list" aria-haspopup="listbox" aria-expanded=${shown} aria-controls=${shown ? id : undefined}
        aria-activedescendant=${shown && active >= 0 ? `${id}-${active}` : undefined} placeholder=${'rcpt to=*@slow.test first=2 reply 451 4.7.1 "Try later"'}
        onInput=${onInput} onKeyDown=${onKeyDown} onSelect=${look} onScroll=${look} onClick=${() => setOpen(true)} onBlur=${() => setOpen(false)} />
      ${wrong?.column > 0 && html`<span class="caret" aria-hidden="true"><span style=${{ marginLeft: `${-left}px` }}>${' '.repeat(Math.min(wrong.column, 8192) - 1)}${'^'.repeat(wrong.length || 1)}</span></span>`}
      ${shown && html`<${Words} id=${id} items=${found.items} active=${active} accept=${accept} />`}
    </span>`;
}

function Words({ id, items, active, accept }) {
  const list = useRef();
  useEffect(() => { list.current.children[active]?.scrollIntoView({ block: 'nearest' }); }, [active]);
  const stay = (event) => event.preventDefault(); // the field keeps the focus
  return html`
    <ul ref=${list} class="words" role="listbox" id=${id} aria-label=${t.ruleEditor.words} onMouseDown=${stay}>
      ${items.map((item, i) => html`
        <li key=${item.text} id=${`${id}-${i}`} role="option" aria-selected=${i === active} onClick=${() => accept(item)}>
          <code>${item.text}</code><span>${item.what}</span>
        </li>`)}
    </ul>`;
}
