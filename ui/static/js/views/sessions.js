// Who talks, or has talked, to the SMTP server; and what was said.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { copy, cursor, openSession } from '../actions.js';
import { bytes, exact, span, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, close, follow, go, route } from '../router.js';
import { room } from '../settings.js';
import { say } from '../state/notices.js';
import { filter, load, open, session, sessions } from '../state/sessions.js';
import { info } from '../store.js';
import { t } from '../strings.js';
import { Choice, Copyable, Failure, IconButton, Loading, Reply } from './parts.js';
import { ViewHead } from './queue.js';
import { reachable } from './snippets.js';

const GAP = 1; // seconds that are pointed out

export function Sessions() {
  useEffect(() => document.querySelector('.talk[data-cursor]')?.scrollIntoView({ block: 'nearest' }), [cursor.value]);
  return html`
    <section class="list view sessions" aria-label=${t.sessions.title}>
      <${ViewHead} title=${t.sessions.title}><${Filter} /><//>
      <div class="view-body"><${Body} /></div>
    </section>`;
}

function change(value) {
  filter.value = { ...filter.value, ...value };
  load();
}

const Filter = () => html`
  <${Choice} label=${t.sessions.title} value=${filter.value.show} options=${['all', 'open', 'wrong'].map((name) => [name, t.sessions[name]])} onChange=${(show) => change({ show })} />
  <label class="filter">
    ${icon('search')}
    <input type="search" autocomplete="off" spellcheck="false" placeholder=${t.sessions.filter} aria-label=${t.sessions.filter}
      value=${filter.value.find} onInput=${({ target }) => change({ find: target.value })} />
  </label>`;

function Body() {
  const { phase, rows, problem } = sessions.value, { show, find } = filter.value;
  if (phase === 'loading') return html`<${Loading} text=${t.sessions.title} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${load} />`;
  if (rows.length) return html`<ul>${rows.map((one) => html`<${Row} key=${one.id} talk=${one} />`)}</ul>`;
  return html`
    <div class="nothing">${show !== 'all' || find.trim() ? html`<p class="what">${t.search.none}</p>` : html`
      <p class="what">${t.sessions.empty}</p>
      <p>${t.sessions.emptyHint}</p>
      <${Copyable} text="swaks --server ${reachable(info.value?.smtp ?? '')} --to alice@example.test" />`}
    </div>`;
}

/** lasted is a time in seconds, as exact as it is of use. */
const lasted = (s) => (s < 1 ? `${Math.max(1, Math.round(s * 1000))} ms` : s < 60 ? t.time.seconds(s.toFixed(1)) : span(s * 1000));

/** Sign is how a session stands: a shape, a colour and a word. */
function Sign({ talk: { endedAt, end, errors, command } }) {
  const wrong = errors > 0 || end === 'timeout' || end === 'rule', word = t.sessions.ends[end];
  if (!endedAt) return html`<span class="sign" data-kind="open"><i></i>${word} <code>${command}</code></span>`;
  if (wrong) return html`<span class="sign" data-kind="wrong">${icon('stop')}${errors ? t.sessions.errors(errors) : word}</span>`;
  return html`<span class="sign" data-kind=${end}>${end === 'quit' ? icon('check') : html`<i></i>`}${word}</span>`;
}

function Row({ talk }) {
  const { id, helo, remote, user, tls, messages, lastError, startedAt, timings } = talk;
  return html`
    <li><a class="talk" href=${address({ view: 'sessions', session: id })} aria-current=${route.value.session === id ? 'true' : undefined}
      data-cursor=${cursor.value === id ? '' : undefined} onClick=${follow(() => openSession(id))}>
      <${Sign} talk=${talk} />
      <span class="client"><b>${helo || remote}</b>${helo && html` <span class="where">${remote}</span>`}</span>
      <span class="user">${user}${tls && html` <span class="tag">TLS</span>`}</span>
      <span class="count">${messages > 0 && t.status.messages(messages)}</span>
      <span class="error"><${Reply} reply=${lastError} /></span>
      <span class="count long">${lasted(timings.total)}</span>
      <time class="count when" datetime=${startedAt} title=${exact(startedAt)}>${when(startedAt)}</time>
    </a></li>`;
}

/** Session is the pane with the one that is open. */
export function Session() {
  const { id, talk, problem } = session.value, wide = room.value === 'wide';
  return html`
    <main class="message session" aria-label=${t.session.title}>
      <header class="pane-head">
        <${IconButton} name=${wide ? 'close' : 'back'} label=${wide ? t.actions.close : t.actions.back} onClick=${close} />
        <span class="space"></span>
        ${talk && html`<${IconButton} name="copy" label="${t.actions.copy}: ${t.session.transcript}" onClick=${() => copyAll(talk)} />`}
      </header>
      ${problem ? html`<${Failure} problem=${problem} retry=${() => open(id)} />`
        : talk ? html`<${Facts} talk=${talk} /><${Script} key=${id} talk=${talk} />` : html`<${Loading} text=${t.session.title} />`}
    </main>`;
}

const letters = { client: 'C', server: 'S', note: '#' };

const copyAll = async ({ lines }) => {
  const text = lines.map(({ at, from, text: line }) => `${at.toFixed(3).padStart(9)} ${letters[from]}: ${line}\n`);
  if (await copy(text.join(''))) say(t.actions.copied);
};

function Facts({ talk }) {
  const { helo, remote, local, user, mechanism, protocol, tls, startedAt, messages, refused, octetsIn, octetsOut, timings: { first, answer, total }, end } = talk;
  return html`
    <article>
      <h2>${helo || remote}</h2>
      <p class="facts"><${Sign} talk=${talk} />${[end && t.sessions.ends[end], `${remote} → ${local}`, user && `${user} (${mechanism})`, protocol, tls].map(Fact)}</p>
      <p class="facts">${[
        exact(startedAt), lasted(total), t.status.messages(messages), refused > 0 && `${refused} ${t.did.refused}`, `↓ ${bytes(octetsIn)} ↑ ${bytes(octetsOut)}`,
        first !== null && t.sessions.first(lasted(first)), answer !== null && t.sessions.answer(lasted(answer)),
      ].map(Fact)}</p>
    </article>`;
}

const Fact = (text) => text && html`<span>${text}</span>`;

/** Script is what was said. While the session is open it stays at its end, unless one has scrolled up. */
function Script({ talk: { lines, endedAt } }) {
  const box = useRef(null), atEnd = useRef(!endedAt);
  useEffect(() => { if (atEnd.current) box.current.scrollTop = box.current.scrollHeight; });
  const onScroll = ({ target }) => { atEnd.current = target.scrollTop + target.clientHeight >= target.scrollHeight - 8; };
  return html`
    <div class="script" ref=${box} tabindex="0" role="region" aria-label=${t.session.transcript} onScroll=${onScroll}>
      <ol>
        ${useMemo(() => lines.map((line, i) => html`<${Line} key=${i} line=${line} before=${lines[i - 1]} />`), [lines])}
        ${!endedAt && html`<li class="turn"><i></i>${t.sessions.turn(lines.at(-1)?.from === 'client' ? t.session.local : t.session.remote)}</li>`}
      </ol>
    </div>`;
}

/** Line leads from an error to the attempts, from a rule to the rules, and to the message that it says was kept; a gap before it is somebody's. */
function Line({ line: { at, from, text, message }, before = { at } }) {
  const wrong = from === 'server' && /^[45]\d\d/.test(text) ? text[0] : undefined, rule = from === 'note' && text.startsWith('rule ');
  const who = from === 'server' || rule ? t.session.local : t.session.remote, gap = at - before.at;
  return html`
    ${gap > GAP && html`<li class="gap">${t.sessions.took(who, lasted(gap))}</li>`}
    <li data-from=${from} data-class=${wrong}>
      <span class="at">${at.toFixed(3)}</span>
      <span class="unseen">${from !== 'note' && who}</span>
      <span class="text">${rule ? html`<${Link} to=${{ view: 'rules' }} text=${text} />` : text}</span>
      ${wrong && text[3] !== '-' && html`<${Link} to=${{ view: 'attempts' }} text=${meaning(text)} />`}
      ${message && html`<${Link} to=${{ view: 'sessions', session: route.value.session, id: message }} text=${t.attempts.message} />`}
    </li>`;
}

const Link = ({ to, text }) => html`<a href=${address(to)} onClick=${follow(() => go(to))}>${text}</a>`;

/** meaning puts a reply's class and its enhanced status code (RFC 3463) in words. */
function meaning(text) {
  const [, status] = /^... .\.(\d+\.\d+)/.exec(text) ?? [];
  return [t.sessions.weight[text[0]], t.sessions.codes[status]].filter(Boolean).join(': ');
}
