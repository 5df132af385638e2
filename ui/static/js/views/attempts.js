// What clients tried that did not go as it should.
import { askToClearAttempts } from '../actions.js';
import { attemptURL, sessionTranscriptURL } from '../api.js';
import { bytes, exact, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { attempts, filter, load, more } from '../state/attempts.js';
import { fail } from '../state/notices.js';
import { t } from '../strings.js';
import { Choice, Failure, IconButton, Loading, Reply } from './parts.js';
import { ViewHead } from './queue.js';

const PAUSE = 200; // milliseconds without a key before what was typed is asked for

export function Attempts() {
  return html`
    <section class="list view attempts" aria-label=${t.places.attempts}>
      <${ViewHead} title=${t.places.attempts}>
        <${Filter} />
        ${attempts.value.rows.length > 0 && html`<${IconButton} name="trash" label=${t.attempts.clear} onClick=${askToClearAttempts} />`}
      <//>
      <div class="view-body"><${Body} /></div>
    </section>`;
}

let timer = 0;

function change(value) {
  filter.value = { ...filter.value, ...value };
  clearTimeout(timer);
  timer = setTimeout(() => load().catch(() => {}), PAUSE);
}

const Filter = () => html`
  <${Choice} label=${t.attempts.of} value=${filter.value.of} options=${[['to', t.attempts.to], ['from', t.attempts.from]]} onChange=${(of) => change({ of })} />
  <label class="filter">
    ${icon('search')}
    <input type="search" autocomplete="off" spellcheck="false" placeholder=${t.attempts.filter} aria-label=${t.attempts.filter}
      value=${filter.value.text} onInput=${({ target }) => change({ text: target.value })} />
  </label>`;

function Body() {
  const { phase, rows, next, problem } = attempts.value;
  if (phase === 'loading') return html`<${Loading} text=${t.attempts.loading} />`;
  if (phase === 'failed') return html`<${Failure} text=${t.errors.attemptsFailed} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!rows.length) {
    return html`<div class="nothing"><p class="what">${filter.value.text ? t.search.none : t.attempts.empty}</p><p>${t.attempts.emptyHint}</p></div>`;
  }
  const showMore = () => more().catch((problem) => fail(t.errors.attemptsFailed, problem));
  return html`
    <ul>${rows.map((one) => html`<${Attempt} key=${one.id} ...${one} />`)}</ul>
    ${next && html`<p class="hint"><button type="button" class="button" onClick=${showMore}>${t.actions.more}</button></p>`}`;
}

function Attempt({ id, at, stage, did, rule, reply, session, from, to, size, message, hasBody }) {
  return html`
    <li class="attempt">
      <time datetime=${at} title=${exact(at)}>${when(at)}</time>
      <span class="verdict"><code>${stage}</code> ${t.did[did] ?? did}</span>
      <span class="whom" title=${to.join(', ')}>
        ${from || (to.length ? t.nullSender : session?.remote)}${to.length > 0 && ` → ${t.list.others(to[0], to.length - 1)}`}
        ${session?.helo && html` <span class="where">${session.helo}</span>`}
      </span>
      <span class="links">
        ${rule && html`<a href=${address({ view: 'rules' })} onClick=${follow(() => go({ view: 'rules' }))}>${t.timeline.rule(rule)}</a>`}
        ${message && html`<a href=${address({ id: message })} onClick=${follow(() => go({ view: 'attempts', id: message }))}>${t.attempts.message}</a>`}
        ${session?.protocol.includes('SMTP') && html`<a href=${sessionTranscriptURL(session.id)} target="_blank" rel="noopener">${t.session.transcript}</a>`}
        ${hasBody && html`<a href=${attemptURL(id)} target="_blank" rel="noopener">${t.attempts.body(bytes(size))}</a>`}
      </span>
      <${Reply} reply=${reply} />
    </li>`;
}
