// What clients tried that did not go as it should.
import { askToClearAttempts, openSession } from '../actions.js';
import { attemptURL } from '../api.js';
import { bytes, exact, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { attempts, filter, load, more } from '../state/attempts.js';
import { fail } from '../state/notices.js';
import { t } from '../strings.js';
import { Choice, Copyable, Failure, IconButton, Loading, Reply } from './parts.js';
import { ViewHead } from './queue.js';
import { RuleLink } from './trial.js';

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
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!rows.length) return html`<${Empty} />`;
  const showMore = () => more().catch(fail);
  return html`
    <ul aria-label=${t.places.attempts}>${rows.map((one) => html`<${Attempt} key=${one.id} ...${one} />`)}</ul>
    ${next && html`<p class="hint"><button type="button" class="button" onClick=${showMore}>${t.actions.more}</button></p>`}`;
}

const Empty = () => (filter.value.text.trim()
  ? html`<div class="nothing"><p class="what">${t.search.none}</p><button type="button" class="button" onClick=${() => change({ text: '' })}>${t.attemptRows.all}</button></div>`
  : html`
    <div class="nothing">
      <p class="what">${t.attempts.empty}</p>
      <p>${t.attempts.emptyHint}</p>
      <p>${t.attemptRows.provoke}</p>
      <p><${Copyable} text="550@sim.test" /><${Copyable} text="greylist-2@sim.test" /><${Copyable} text="drop@sim.test" /></p>
      <a class="button" href=${address({ view: 'rules' })} onClick=${follow(() => go({ view: 'rules' }))}>${t.places.rules}</a>
    </div>`);

const signs = { refused: 'stop', dropped: 'close', hung: 'clock', garbled: 'warning', discarded: 'hollow' };

function Attempt({ id, at, stage, did, rule, reply, session, from, to, size, message, hasBody }) {
  const client = session?.remote?.replace(/:\d+$/, '');
  const trying = { view: 'rules', sub: 'try=' + encodeURIComponent(id) };
  return html`
    <li class="attempt">
      <time datetime=${at} title=${exact(at)}>${when(at)}</time>
      <span class="verdict"><span class="chip" data-did=${did} data-class=${reply ? String(reply.code)[0] : undefined}>${icon(signs[did] ?? 'attempts')}${t.did[did] ?? did}</span> <code>${stage}</code></span>
      <span class="whom" title=${[from, ...to].filter(Boolean).join(', ')}>
        ${from || (to.length ? t.nullSender : client)}${to.length > 0 && html` → <b>${t.list.others(to[0], to.length - 1)}</b>`}
      </span>
      <span class="said">${reply ? html`<${Reply} reply=${reply} />` : html`<span class="where">${t.attemptRows.nothing}</span>`}</span>
      <span class="by">${rule ? html`<${RuleLink} name=${rule} text=${t.timeline.rule(rule)} />` : html`<span class="where">${t.attemptRows.limit}</span>`}</span>
      <span class="client where" title=${[session?.remote, session?.helo, session?.protocol].filter(Boolean).join(' · ')}>${client}${session?.helo && html`<span class="helo"> · ${session.helo}</span>`}</span>
      <span class="links">
        ${message && html`<a href=${address({ id: message })} onClick=${follow(() => go({ view: 'attempts', id: message }))}>${t.attempts.message}</a>`}
        ${session?.protocol.includes('SMTP') && html`<a href=${address({ view: 'sessions', session: session.id })} onClick=${follow(() => openSession(session.id))}>${t.session.title}</a>`}
        ${hasBody && html`<a href=${attemptURL(id)} target="_blank" rel="noopener">${t.attempts.body(bytes(size))}</a>`}
        <a href=${address(trying)} onClick=${follow(() => go(trying))}>${t.attemptRows.tryRule}</a>
      </span>
    </li>`;
}
