// The rules: what goes wrong on command, and how often it did.
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from '../api.js';
import { due, exact, when } from '../format.js';
import { html } from '../html.js';
import { ask, fail, say } from '../state/notices.js';
import { load, loadMagic, magic, rules } from '../state/rules.js';
import { t } from '../strings.js';
import { Copyable, Failure, IconButton, Loading, Reply } from './parts.js';
import { ViewHead } from './queue.js';

export function Rules() {
  const { list } = rules.value;
  useEffect(() => { loadMagic().catch((problem) => fail(t.errors.magicFailed, problem)); }, []);
  return html`
    <section class="list view rules" aria-label=${t.places.rules}>
      <${ViewHead} title=${t.places.rules}>
        ${list.some(({ asked }) => asked > 0) && html`<${IconButton} name="retry" label=${t.rules.resetAll} onClick=${() => change(() => api.resetRules(list.map(({ id }) => id)))} />`}
      <//>
      <div class="view-body">
        <${Editor} label=${t.rules.add} save=${api.addRule} />
        <${List} />
        <${Names} />
      </div>
    </section>`;
}

/** change does something to rules and shows what they are then. */
async function change(act) {
  try {
    await act();
    await load();
  } catch (problem) {
    fail(t.errors.ruleFailed, problem);
  }
}

function List() {
  const { phase, list, problem } = rules.value;
  if (phase === 'loading') return html`<${Loading} text=${t.rules.loading} />`;
  if (phase === 'failed') return html`<${Failure} text=${t.errors.rulesFailed} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!list.length) return html`<p class="hint">${t.rules.empty}</p>`;
  return html`<ol class="rule-list" aria-label=${t.places.rules}>${list.map((rule) => html`<${Rule} key=${rule.id} rule=${rule} />`)}</ol>`;
}

function Rule({ rule }) {
  const [editing, setEditing] = useState(false);
  const { id, name, owner, origin, text, expires, asked, applied, lastApplied } = rule;
  const save = async (text) => {
    await api.setRule(id, text);
    setEditing(false);
  };
  const remove = () => ask({ title: t.rules.ask, text, action: t.actions.remove, run: () => change(() => api.removeRule(id)) });
  if (editing) return html`<li class="rule"><${Editor} label=${t.rules.save} initial=${text} save=${save} cancel=${() => setEditing(false)} /></li>`;
  return html`
    <li class="rule">
      <code>${text}</code>
      <span class="numbers">
        <b title=${lastApplied ? exact(lastApplied) : undefined}>${t.rules.applied(applied)}</b><span>${t.rules.asked(asked)}</span>
        ${lastApplied && html`<span>${t.rules.last(when(lastApplied))}</span>`}
        ${origin === 'file' && html`<span class="tag">${t.rules.file}</span>`}
        ${name && html`<span>${name}</span>`}
        ${owner && html`<span>${t.rules.owner(owner)}</span>`}
        ${expires && html`<span title=${exact(expires)}>${t.rules.expires(due(expires))}</span>`}
      </span>
      <span class="buttons">
        ${asked > 0 && html`<${IconButton} name="retry" label=${t.rules.reset} onClick=${() => change(() => api.resetRules([id]))} />`}
        ${origin !== 'file' && html`
          <${IconButton} name="edit" label=${t.rules.edit} onClick=${() => setEditing(true)} />
          <${IconButton} name="trash" label=${t.actions.remove} onClick=${remove} />`}
      </span>
    </li>`;
}

/** One line of text; what is wrong with it stands under the place where it is. */
function Editor({ label, initial = '', save, cancel }) {
  const [problem, setProblem] = useState(null);
  const input = useRef();
  const onSubmit = async (event) => {
    event.preventDefault();
    const text = input.current.value.trim();
    if (!text) return;
    try {
      await save(text);
      setProblem(null);
      input.current && (input.current.value = '');
      say(t.rules.saved);
      await load();
    } catch (problem) {
      setProblem(problem);
      const at = columnOf(problem);
      if (at) input.current?.setSelectionRange(at - 1, at);
      input.current?.focus();
    }
  };
  const onKeyDown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (cancel) cancel();
    else event.target.blur();
  };
  const column = problem && columnOf(problem);
  return html`
    <form class="editor" onSubmit=${onSubmit}>
      <span class="line">
        <span class="writing">
          <input ref=${input} type="text" autocomplete="off" autocapitalize="off" spellcheck="false" defaultValue=${initial} aria-label=${t.rules.text} autofocus=${Boolean(cancel)}
            placeholder=${'rcpt to=*@slow.test first=2 reply 451 4.7.1 "Try later"'} aria-invalid=${Boolean(problem)} onKeyDown=${onKeyDown} />
          ${column > 0 && html`<span class="caret" aria-hidden="true">${' '.repeat(Math.min(column, 500) - 1)}^</span>`}
        </span>
        <button type="submit" class="button primary">${label}</button>
        ${cancel && html`<button type="button" class="button" onClick=${cancel}>${t.actions.cancel}</button>`}
      </span>
      ${problem && html`<p class="wrong" role="alert">${problem.message}</p>`}
    </form>`;
}

/** columnOf is where in its line the server stumbled, from 1; 0 when it does not say. */
const columnOf = ({ where = '' }) => Number(/:\d+:(\d+)$/.exec(where)?.[1] ?? 0);

/** Names that stand for faults: addresses that work without any rule, and presets for rules. */
function Names() {
  const { addresses, presets } = magic.value;
  return html`
    ${addresses.length > 0 && html`
      <section class="names">
        <h2>${t.rules.magic}</h2><p class="where">${t.rules.magicHint}</p>
        <table><tbody>${addresses.map(({ address, example, stage, what }) => html`
          <tr key=${address}><th scope="row"><${Copyable} text=${example || address} /></th><td><code>${stage}</code></td><td>${what}</td></tr>`)}</tbody></table>
      </section>`}
    ${presets.length > 0 && html`
      <section class="names">
        <h2>${t.rules.presets}</h2><p class="where">${t.rules.presetsHint}</p>
        <table><tbody>${presets.map((one) => html`
          <tr key=${one.name}><th scope="row"><${Copyable} text=${one.name} /></th><td>${one.from}</td><td><${Reply} reply=${one} /></td></tr>`)}</tbody></table>
      </section>`}`;
}
