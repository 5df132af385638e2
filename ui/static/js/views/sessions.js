// Who talks, or has talked, to the SMTP server; and what was said.
import { useEffect, useRef } from 'preact/hooks';
import { cursor, openSession } from '../actions.js';
import { bytes, counted, exact, span, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, close, follow, go, route } from '../router.js';
import { room } from '../settings.js';
import { filter, load, open, session, sessions } from '../state/sessions.js';
import { info } from '../store.js';
import { t } from '../strings.js';
import { Choice, Copyable, CopyButton, Failure, Filter, IconButton, Loading, Reply, View } from './parts.js';
import { reachable } from './snippets.js';

const GAP = 1; // seconds that are pointed out

export function Sessions() {
  useEffect(() => document.querySelector('.talk[data-cursor]')?.scrollIntoView({ block: 'nearest' }), [cursor.value]);
  return html`<${View} name="sessions" tools=${html`<${Tools} />`}><${Body} /><//>`;
}

function change(value) {
  filter.value = { ...filter.value, ...value };
  load();
}

const Tools = () => html`
  <${Choice} label=${t.places.sessions} value=${filter.value.show} options=${['all', 'open', 'wrong'].map((name) => [name, t.sessions[name]])} onChange=${(show) => change({ show })} />
  <${Filter} label=${t.sessions.filter} value=${filter.value.find} onInput=${(find) => change({ find })} />`;

function Body() {
  const { phase, rows, problem } = sessions.value, { show, find } = filter.value;
  if (phase === 'loading') return html`<${Loading} text=${t.places.sessions} />`;
  if (phase === 'failed') return html`<${Failure} problem=${problem} retry=${load} />`;
  if (rows.length) return html`<ul>${rows.map((one) => html`<${Row} key=${one.id} talk=${one} />`)}</ul>`;
  if (show !== 'all' || find.trim()) return html`<p class="nothing">${t.search.none}</p>`;
  return html`<div class="nothing"><p>${t.sessions.empty}</p><${Copyable} text="swaks --server ${reachable(info.value?.smtp ?? '')} --to alice@example.test" /></div>`;
}

/** lasted is a time in seconds, as exact as it is of use. */
const lasted = (seconds) => span(seconds * 1000);

/** Sign is how a session stands: a shape, a colour and words. */
function Sign({ talk: { endedAt, end, errors, command } }) {
  const kind = !endedAt ? 'open' : errors || end === 'timeout' || end === 'rule' ? 'wrong' : end;
  return html`
    <span class="sign" data-kind=${kind}>${icon({ open: 'plug', wrong: 'stop', quit: 'check' }[kind] ?? 'hollow')}${errors && endedAt ? t.sessions.errors(errors) : t.sessions.ends[end]} ${!endedAt && html`<code>${command}</code>`}</span>`;
}

function Row({ talk }) {
  const { id, helo, remote, user, tls, messages, lastError, startedAt, timings } = talk;
  return html`
    <li><a class="talk" href=${address({ view: 'sessions', session: id })} aria-current=${route.value.session === id ? 'true' : undefined}
      data-cursor=${cursor.value === id ? '' : undefined} onClick=${follow(() => openSession(id))}>
      <${Sign} talk=${talk} />
      <span class="client"><b>${helo || remote}</b> ${[helo && remote, user, tls && 'TLS'].filter(Boolean).join(' · ')}</span>
      <span class="error">${lastError ? html`<${Reply} reply=${lastError} />` : messages > 0 && t.status.messages(messages)}</span>
      <span class="long">${lasted(timings.total)}</span>
      <time datetime=${startedAt} title=${exact(startedAt)}>${when(startedAt)}</time>
    </a></li>`;
}

/** Session is the pane with the one that is open. */
export function Session() {
  const { id, talk, problem } = session.value;
  return html`
    <section class="message session" aria-label=${t.session.title}>
      <header class="pane-head">
        <${IconButton} name="back" label=${t.actions.back} onClick=${close} />
        <h2 aria-level=${room.value === 'narrow' ? 1 : 2}>${talk && (talk.helo || talk.remote)}</h2>
        ${talk && html`<${CopyButton} label="${t.actions.copy}: ${t.session.transcript}" text=${plain(talk)} />`}
      </header>
      ${problem ? html`<${Failure} problem=${problem} retry=${() => open(id)} />`
        : talk ? html`<${Facts} talk=${talk} /><${Script} key=${id} talk=${talk} />` : html`<${Loading} text=${t.session.title} />`}
    </section>`;
}

const letters = { client: 'C', server: 'S', note: '#' };

const plain = ({ lines }) => lines.map(({ at, from, text }) => `${at.toFixed(3).padStart(9)} ${letters[from]}: ${text}\n`).join('');

function Facts({ talk }) {
  const { remote, local, user, mechanism, protocol, tls, startedAt, messages, refused, octetsIn, octetsOut, timings: { first, answer, total }, end } = talk;
  const facts = [
    end && t.sessions.ends[end], `${remote} → ${local}`, user && `${user} (${mechanism})`, protocol, tls,
    exact(startedAt), lasted(total), t.status.messages(messages), refused > 0 && counted('refused', refused), `↓ ${bytes(octetsIn)} ↑ ${bytes(octetsOut)}`,
    first !== null && `${t.sessions.first} ${lasted(first)}`, answer !== null && `${t.sessions.answer} ${lasted(answer)}`,
  ];
  return html`<p class="facts"><${Sign} talk=${talk} />${facts.map((text) => text && html`<span>${text}</span>`)}</p>`;
}

/** Script is what was said. While the session is open it stays at its end, unless one has scrolled up. */
export function Script({ talk: { lines, endedAt } }) {
  const box = useRef(null), atEnd = useRef(!endedAt);
  useEffect(() => { if (atEnd.current) box.current.scrollTop = box.current.scrollHeight; });
  const onScroll = ({ target }) => { atEnd.current = target.scrollTop + target.clientHeight >= target.scrollHeight - 8; };
  return html`
    <div class="script" ref=${box} tabindex="0" role="region" aria-label=${t.session.transcript} onScroll=${onScroll}>
      <ol>
        ${lines.map((line, i) => html`<${Line} key=${i} ...${line} before=${lines[i - 1]?.at} />`)}
        ${!endedAt && html`<li class="turn">${lines.at(-1)?.from === 'client' ? t.session.local : t.session.remote}…</li>`}
      </ol>
    </div>`;
}

/** Line leads from an error to the attempts, from a rule to the rules, and to the message that it says was kept; a gap before it is somebody's. */
function Line({ at, from, text, message, before = at }) {
  const wrong = from === 'server' && /^[45]/.test(text) ? text[0] : undefined, rule = from === 'note' && text.startsWith('rule ');
  const who = from === 'server' || rule ? t.session.local : t.session.remote;
  return html`
    ${at - before > GAP && html`<li class="gap">${who}: ${lasted(at - before)}</li>`}
    <li data-from=${from} data-class=${wrong}>
      <span class="at">${at.toFixed(3)}</span>
      <span class="unseen">${from !== 'note' && who}</span>
      <span class="text">${rule ? html`<${Link} to=${{ view: 'rules' }} text=${text} />` : text}</span>
      ${wrong && text[3] !== '-' && html`<${Link} to=${{ view: 'attempts' }} text=${t.sessions.weight[wrong]} />`}
      ${message && html`<${Link} to=${{ view: 'sessions', session: route.value.session, id: message }} text=${t.attempts.message} />`}
    </li>`;
}

const Link = ({ to, text }) => html`<a href=${address(to)} onClick=${follow(() => go(to))}>${text}</a>`;
