// What the rule that is written, and those there are, would have said to something that is past.
import { useEffect, useState } from 'preact/hooks';
import * as api from '../api.js';
import { title, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { deeds } from '../sentence.js';
import { attempts } from '../state/attempts.js';
import { about, checked, rules } from '../state/rules.js';
import { t } from '../strings.js';

const RECENT = 10; // attempts, and as many messages, are offered

/** Trial is about the attempt or message in the address. */
export function Trial() {
  const { kind, id } = about(), past = kind === 'rule' ? '' : id, { list, problem } = useAnswer(kind, past);
  return html`
    <section class="trial" aria-label=${t.ruleTrial.title}>
      <label>${t.ruleTrial.title} <${Past} chosen=${past ? `${kind}=${id}` : ''} /></label>
      ${past && problem && html`<p class="wrong" role="alert">${problem.message}</p>`}
      ${past && list && html`<ul>${list.map((one, i) => html`<${Told} key=${i} ...${one} />`)}</ul>`}
      ${past && list?.length === 0 && html`<p>${t.ruleTrial.nobody}</p>`}
    </section>`;
}

/** useAnswer asks anew when the rule, the past or the present rules are other ones. */
function useAnswer(kind, id) {
  const [state, setState] = useState({}), text = checked.value.rule?.text;
  const present = rules.value.list.map(({ id, text }) => id + text).join();
  useEffect(() => {
    const request = new AbortController();
    if (id) {
      api.tryRule({ text, [kind]: id }, request.signal).then(
        ({ tried, present }) => setState({ id, list: [...tried, ...present] }),
        (problem) => request.signal.aborted || setState({ id, problem }),
      );
    }
    return () => request.abort();
  }, [kind, id, text, present]);
  return state.id === id ? state : {};
}

/** Past is the choice of what rules are tried against. */
function Past({ chosen }) {
  const [messages, setMessages] = useState([]);
  useEffect(() => { api.messages({ limit: RECENT }).then(({ messages }) => setMessages(messages), () => {}); }, []);
  const options = [
    ['', t.ruleTrial.choose],
    ...attempts.value.rows.slice(0, RECENT).map(({ id, at, stage, did, to }) => ['attempt=' + id, when(at), t.did[did], stage, to[0]]),
    ...messages.map((one) => ['message=' + one.id, when(one.receivedAt), title(one), one.envelope.to[0]]),
  ];
  if (options.every(([value]) => value !== chosen)) options.push([chosen, chosen]);
  return html`
    <select value=${chosen} onChange=${({ target }) => go({ view: 'rules', sub: target.value }, { replace: true })}>
      ${options.map(([value, ...texts]) => html`<option key=${value} value=${value}>${texts.filter(Boolean).join(' · ')}</option>`)}
    </select>`;
}

const signs = { yes: 'check', counts: 'retry', late: 'close', no: 'close' };

function Told({ stage, to, reached, rule, matches, counts, failed, known, found, do: actions }) {
  const verdict = !matches ? 'no' : !reached ? 'late' : counts ? 'counts' : 'yes', words = t.ruleTrial;
  return html`
    <li class="entry told">
      <div>
        <p class="chip" data-verdict=${verdict}>${icon(signs[verdict])}${words.verdicts[verdict]}</p>
        <p>${stage}</p>
      </div>
      <div class="why">
        <p><b>${rule ? html`<${RuleLink} name=${rule} />` : words.tried}</b> ${to[0] && t.list.others(to[0], to.length - 1)}</p>
        <p>${failed ? html`<code>${term(failed)}</code> ${words.was(known ? found || '–' : words.unknown)}` : deeds(actions)}</p>
      </div>
    </li>`;
}

const term = ({ field, not, any }) => any.map((value) => `${field}${not ? '!' : ''}=${value}`).join(' ');

export const Link = ({ to, text }) => html`<a href=${address(to)} onClick=${follow(() => go(to))}>${text}</a>`;

/** The name of a rule leads to it. */
export const RuleLink = ({ name, text = name }) => html`<${Link} to=${{ view: 'rules', sub: 'rule=' + encodeURIComponent(name) }} text=${text} />`;
