// The rules: what goes wrong on command, and how often it did.
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from '../api.js';
import { due, exact, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { route } from '../router.js';
import { sentence } from '../sentence.js';
import { ask, fail } from '../state/notices.js';
import { load, loadMagic, magic, rules, subject } from '../state/rules.js';
import { t } from '../strings.js';
import { Copyable, Failure, IconButton, Loading, Reply } from './parts.js';
import { ViewHead } from './queue.js';
import { Editor } from './ruleeditor.js';
import { Trial } from './trial.js';

/** starts are rules to begin with, for an address. */
const starts = {
  greylist: (to) => `rcpt to=${to} first=2 reply 451 4.7.1 "Greylisted, try again later"`,
  rate: (to) => `rcpt to=${to} rate=3/min reply gmail-rate`,
  full: (to) => `rcpt to=${to} reply 552 5.2.2 "Mailbox full"`,
  unknown: (to) => `rcpt to=${to} reply 550 5.1.1 "User unknown"`,
  spam: (to) => `dot to=${to} reply 554 5.7.1 "Message rejected as spam"`,
  cut: (to) => `data to=${to} drop after=100`,
  lost: (to) => `dot to=${to} drop after-store`,
  slow: (to) => `rcpt to=${to} delay 5s`,
  busy: () => 'connect chance=20% reply 421 4.3.2 "Too busy"',
  relay: (to) => `route to=${to} relay smtp://localhost:2525`,
  hold: (to) => `route to=${to} hold`,
  bounce: (to) => `route to=${to} bounce 550 5.1.1 "User unknown" after=5m`,
};

export function Rules() {
  const { list } = rules.value, [fill, setFill] = useState({ text: '' });
  useEffect(() => { loadMagic().catch(fail); }, []);
  const start = (make) => {
    const about = subject(), text = make(about), from = text.indexOf(about);
    setFill({ text, from: Math.max(0, from), to: from < 0 ? 0 : from + about.length });
  };
  return html`
    <section class="list view rules" aria-label=${t.places.rules}>
      <${ViewHead} title=${t.places.rules}>
        <span class="space"></span>
        ${list.some(({ asked }) => asked > 0) && html`<${IconButton} name="retry" label=${t.rules.resetAll} onClick=${() => change(() => api.resetRules(list.map(({ id }) => id)))} />`}
      <//>
      <div class="view-body">
        <div class="desk">
          <${Editor} label=${t.rules.add} fill=${fill} save=${api.addRule} />
          <p class="starts" role="group" aria-label=${t.ruleEditor.starts}>${Object.entries(starts).map(([name, make]) => html`
            <button key=${name} type="button" class="start" onClick=${() => start(make)}>${t.ruleStarts[name]}</button>`)}</p>
          <${Trial} />
        </div>
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
    fail(problem);
  }
}

function List() {
  const { phase, list, problem } = rules.value;
  if (phase === 'loading') return html`<${Loading} text=${t.rules.loading} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!list.length) return html`<p class="hint">${t.rules.empty}</p>`;
  const marked = meant();
  return html`<ol class="rule-list" aria-label=${t.places.rules}>${list.map((rule) => html`
    <${Rule} key=${rule.id} rule=${rule} marked=${marked !== '' && (rule.name || rule.id) === marked} />`)}</ol>`;
}

/** meant is the rule in the address. */
const meant = () => new URLSearchParams(route.value.sub).get('rule') ?? '';

function Rule({ rule, marked }) {
  const [editing, setEditing] = useState(false), row = useRef();
  useEffect(() => { if (marked) row.current.scrollIntoView({ block: 'nearest' }); }, [marked]);
  const { id, name, owner, origin, text, expires, asked, applied, lastApplied } = rule;
  const save = async (text) => {
    await api.setRule(id, text);
    setEditing(false);
  };
  const remove = () => ask({ title: t.rules.ask, text, action: t.actions.remove, run: () => change(() => api.removeRule(id)) });
  if (editing) return html`<li class="rule" ref=${row}><${InPlace} text=${text} save=${save} cancel=${() => setEditing(false)} /></li>`;
  return html`
    <li class="rule" ref=${row} data-marked=${marked ? '' : undefined}>
      <span class="hits" data-some=${applied ? '' : undefined} title=${[t.rules.applied(applied), t.rules.asked(asked), lastApplied && exact(lastApplied)].filter(Boolean).join(' · ')}>
        ${t.ruleEditor.times(applied)}<span class="unseen">${t.rules.applied(applied)}</span></span>
      <code>${text}</code>
      <span class="plain">${sentence(rule)}</span>
      <span class="numbers">
        ${asked > applied && html`<span>${t.rules.asked(asked)}</span>`}
        ${lastApplied && html`<span title=${exact(lastApplied)}>${t.rules.last(when(lastApplied))}</span>`}
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

function InPlace({ text, save, cancel }) {
  const [fill] = useState({ text });
  return html`<${Editor} label=${t.rules.save} fill=${fill} save=${save} cancel=${cancel} />`;
}

/** Names that stand for faults: addresses that work without any rule, and presets for rules. */
function Names() {
  const { addresses, presets } = magic.value, [text, setText] = useState('');
  const has = (...texts) => texts.some((one) => one.toLowerCase().includes(text.trim().toLowerCase()));
  if (!addresses.length) return null;
  return html`
    <div class="all-names">
      <label class="filter">${icon('search')}
        <input type="search" autocomplete="off" spellcheck="false" placeholder=${t.ruleEditor.filter} aria-label=${t.ruleEditor.filter} value=${text} onInput=${({ target }) => setText(target.value)} />
      </label>
      <${Section} title=${t.rules.magic} hint=${t.rules.magicHint} all=${addresses} open=${Boolean(text.trim()) || meant().startsWith('magic:')}
        list=${addresses.filter((one) => has(one.address, one.example, one.stage, one.what))} row=${({ address, example, stage, what }) => html`
          <tr key=${address}><th scope="row"><${Copyable} text=${example || address} /></th><td><code>${stage}</code></td><td>${what}</td></tr>`} />
      <${Section} title=${t.rules.presets} hint=${t.rules.presetsHint} all=${presets} open=${Boolean(text.trim())}
        list=${presets.filter((one) => has(one.name, one.from, one.text, String(one.code)))} row=${(one) => html`
          <tr key=${one.name}><th scope="row"><${Copyable} text=${one.name} /></th><td>${one.from}</td><td><${Reply} reply=${one} /></td></tr>`} />
    </div>`;
}

const Section = ({ title, hint, all, list, open, row }) => html`
  <details class="names" open=${open}>
    <summary><h2>${title}</h2><span class="count">${list.length < all.length ? `${list.length} / ${all.length}` : all.length}</span><span class="where">${hint}</span></summary>
    <table><tbody>${list.map(row)}</tbody></table>
  </details>`;
