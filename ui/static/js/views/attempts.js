// What clients tried that did not go as it should.
import { askToClearAttempts } from '../actions.js';
import { attemptURL } from '../api.js';
import { bytes, exact, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { attempts, filter, load, more } from '../state/attempts.js';
import { fail } from '../state/notices.js';
import { t } from '../strings.js';
import { Copyable, Failure, IconButton, Loading, Reply } from './parts.js';
import { ViewHead } from './queue.js';
import { Link, RuleLink } from './trial.js';

export function Attempts() {
  const find = ({ target }) => {
    filter.value = target.value;
    load().catch(() => {});
  };
  return html`
    <section class="list view attempts" aria-label=${t.places.attempts}>
      <${ViewHead} title=${t.places.attempts}>
        <label class="filter">
          ${icon('search')}
          <input type="search" autocomplete="off" spellcheck="false" placeholder=${t.attempts.filter} aria-label=${t.attempts.filter} value=${filter.value} onInput=${find} />
        </label>
        ${attempts.value.rows.length > 0 && html`<${IconButton} name="trash" label=${t.attempts.clear} onClick=${askToClearAttempts} />`}
      <//>
      <div class="view-body"><${Body} /></div>
    </section>`;
}

function Body() {
  const { phase, rows, next, problem } = attempts.value;
  if (phase === 'loading') return html`<${Loading} text=${t.places.attempts} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  const showMore = () => more().catch(fail);
  if (rows.length) {
    return html`
      <ul aria-label=${t.places.attempts}>${rows.map((one) => html`<${Attempt} key=${one.id} ...${one} />`)}</ul>
      ${next && html`<p class="hint"><button type="button" class="button" onClick=${showMore}>${t.actions.more}</button></p>`}`;
  }
  return html`
    <div class="nothing">${filter.value.trim() ? html`<p class="what">${t.search.none}</p>` : html`
      <p class="what">${t.attempts.empty}</p>
      <p>${t.attempts.emptyHint}</p>
      <p>${['550@sim.test', 'greylist-2@sim.test', 'drop@sim.test'].map((text) => html`<${Copyable} text=${text} />`)}</p>`}
    </div>`;
}

const signs = { refused: 'stop', dropped: 'close', hung: 'clock', garbled: 'warning', discarded: 'hollow' };

function Attempt({ id, at, stage, did, rule, reply, session, from, to, size, message, hasBody }) {
  return html`
    <li class="entry attempt">
      <div>
        <p class="chip verdict" data-class=${reply ? String(reply.code)[0] : 4}>${icon(signs[did])}${t.did[did]}</p>
        <time datetime=${at} title=${exact(at)}>${when(at)}</time>
      </div>
      <div>
        <p class="whom" title=${to.join(', ')}>${from || to[0] && t.nullSender} ${to[0] && html`→ <b>${t.list.others(to[0], to.length - 1)}</b>`}</p>
        <p class="numbers">
          <span>${stage}</span>
          <${Reply} reply=${reply} />
          ${rule && html`<span class="by"><${RuleLink} name=${rule} text=${t.timeline.rule(rule)} /></span>`}
          <span>${session?.remote} ${session?.helo}</span>
        </p>
      </div>
      <div class="links">
        ${message && html`<${Link} to=${{ view: 'attempts', id: message }} text=${t.attempts.message} />`}
        ${session?.protocol.includes('SMTP') && html`<${Link} to=${{ view: 'sessions', session: session.id }} text=${t.session.title} />`}
        ${hasBody && html`<a href=${attemptURL(id)} target="_blank" rel="noopener">${t.attempts.body(bytes(size))}</a>`}
        <${Link} to=${{ view: 'rules', sub: 'attempt=' + id }} text=${t.attempts.tryRule} />
      </div>
    </li>`;
}
