// The rules: what goes wrong on command, and how often it did.
import { useEffect } from 'preact/hooks';
import * as api from '../api.js';
import { count, exact, when } from '../format.js';
import { html } from '../html.js';
import { sentence } from '../sentence.js';
import { ask, fail } from '../state/notices.js';
import { about, change, draft, load, loadWords, rules, subject, words } from '../state/rules.js';
import { t } from '../strings.js';
import { Copyable, Failure, IconButton, Loading } from './parts.js';
import { ViewHead } from './queue.js';
import { Editor, write } from './ruleeditor.js';
import { Trial } from './trial.js';

/** starts are rules to begin with; … is an address. */
const starts = {
  greylist: 'rcpt to=… first=2 reply 451 4.7.1 "Greylisted, try again later"',
  rate: 'rcpt to=… rate=3/min reply gmail-rate',
  full: 'rcpt to=… reply 552 5.2.2 "Mailbox full"',
  spam: 'dot to=… reply 554 5.7.1 "Message rejected as spam"',
  lost: 'dot to=… drop after-store',
  slow: 'rcpt to=… delay 5s',
  relay: 'route to=… relay smtp://localhost:2525',
  bounce: 'route to=… bounce 550 5.1.1 "User unknown" after=5m',
};

export function Rules() {
  useEffect(() => { loadWords().catch(fail); }, []);
  const start = (text) => {
    const whom = subject();
    write({ ...draft.value, text: text.replace('…', () => whom) }, whom);
  };
  return html`
    <section class="list view rules" aria-label=${t.places.rules}>
      <${ViewHead} title=${t.places.rules} />
      <div class="view-body">
        <div class="desk">
          <${Editor} />
          <p class="starts">${Object.entries(starts).map(([name, text]) => html`
            <button key=${name} type="button" class="start" onClick=${() => start(text)}>${t.ruleStarts[name]}</button>`)}</p>
          <${Trial} />
        </div>
        <${List} />
        <${Magic} />
      </div>
    </section>`;
}

function List() {
  const { phase, list, problem } = rules.value, { id } = about();
  useEffect(() => document.querySelector('.rule[data-marked]')?.scrollIntoView({ block: 'nearest' }), [id, phase]);
  if (phase === 'loading') return html`<${Loading} text=${t.places.rules} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!list.length) return html`<p class="hint">${t.rules.empty}</p>`;
  return html`<ul aria-label=${t.places.rules}>${list.map((rule) => html`<${Rule} key=${rule.id} rule=${rule} />`)}</ul>`;
}

function Rule({ rule }) {
  const { id, name, origin, text, asked, applied, lastApplied } = rule;
  const remove = () => ask({ title: t.rules.ask, text, action: t.actions.remove, run: () => change(() => api.removeRule(id)) });
  return html`
    <li class="entry rule" data-marked=${(name || id) === about().id ? '' : undefined}>
      <div title=${`${t.rules.applied(applied)} · ${t.rules.asked(asked)}`}>
        <p class="hits">${count(applied)}×</p>
        ${lastApplied && html`<time title=${exact(lastApplied)}>${when(lastApplied)}</time>`}
      </div>
      <div>
        <code>${text}</code>
        <p class="plain">${sentence(rule)}</p>
      </div>
      <div class="buttons">
        ${asked > 0 && html`<${IconButton} name="retry" label=${t.rules.reset} onClick=${() => change(() => api.resetRules([id]))} />`}
        ${origin === 'file' ? t.rules.file : html`
          <${IconButton} name="edit" label=${t.rules.edit} onClick=${() => write({ id, text })} />
          <${IconButton} name="trash" label=${t.actions.remove} onClick=${remove} />`}
      </div>
    </li>`;
}

/** Magic has the addresses that something happens to without any rule. */
const Magic = () => html`
  <details class="names" open=${about().id?.startsWith('magic:')}>
    <summary>${t.rules.magic}</summary>
    <ul>${words.value.addresses.map(({ address, example, what }) => html`
      <li key=${address}><${Copyable} text=${example || address} />${what}</li>`)}</ul>
  </details>`;
