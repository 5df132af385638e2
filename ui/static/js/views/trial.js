// What a rule, and those there are, would have said to something that is past.
import { useEffect, useState } from 'preact/hooks';
import { reply, when } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { address, follow, go } from '../router.js';
import { deeds } from '../sentence.js';
import { draft, loadRecent, recent, recentAttempts, rules, tried, tryAgainst } from '../state/rules.js';
import { t } from '../strings.js';
import { IconButton } from './parts.js';

const choose = (id) => go({ view: 'rules', sub: id && 'try=' + encodeURIComponent(id) }, { replace: true });

export function Trial() {
  const id = tried(), text = draft.value, { answer, problem } = useAnswer(id, text);
  useEffect(() => { loadRecent().catch(() => {}); }, []);
  return html`
    <section class="trial" aria-label=${t.ruleTrial.title}>
      <p class="against">
        <label><span>${t.ruleTrial.title}</span><${Recent} id=${id} /></label>
        ${id && html`<${IconButton} name="close" label=${t.actions.close} onClick=${() => choose('')} />`}
      </p>
      ${problem && html`<p class="wrong" role="alert">${problem.status === 404 ? t.ruleTrial.gone : problem.message}</p>`}
      ${id && answer && html`
        ${answer.rule ? html`<${List} name=${t.ruleTrial.tried} list=${answer.tried} />` : html`<p class="unfinished">${t.ruleTrial.write}</p>`}
        <h2>${t.ruleTrial.present}</h2>
        ${answer.present.length ? html`<${List} name=${t.ruleTrial.present} list=${answer.present} />` : html`<p class="unfinished">${t.ruleTrial.nobody}</p>`}`}
    </section>`;
}

/** useAnswer asks anew when the rule, the past or the present rules are other ones. */
function useAnswer(id, text) {
  const [state, setState] = useState({});
  const present = rules.value.list.map(({ id, text }) => id + text).join('\n');
  useEffect(() => {
    if (!id) return setState({});
    const request = new AbortController();
    tryAgainst(id, text, request.signal).then(
      (answer) => setState({ answer }),
      (problem) => request.signal.aborted || setState({ problem }),
    );
    return () => request.abort();
  }, [id, text, present]);
  return state;
}

function Recent({ id }) {
  const failed = recentAttempts.value.map(({ id, at, stage, did, to }) => [id, `${when(at)} · ${t.did[did] ?? did} · ${stage}${to.length ? ' · ' + t.list.others(to[0], to.length - 1) : ''}`]);
  const mail = recent.value.map(({ id, receivedAt, subject, envelope: { to } }) => [id, `${when(receivedAt)} · ${subject || t.noSubject}${to.length ? ' → ' + t.list.others(to[0], to.length - 1) : ''}`]);
  const option = ([value, text]) => html`<option key=${value} value=${value}>${text}</option>`;
  const listed = !id || [...failed, ...mail].some(([value]) => value === id);
  return html`
    <select value=${id} onChange=${({ target }) => choose(target.value)}>
      <option value="">${t.ruleTrial.choose}</option>
      ${!listed && html`<option value=${id}>${id}</option>`}
      ${failed.length > 0 && html`<optgroup label=${t.places.attempts}>${failed.map(option)}</optgroup>`}
      ${mail.length > 0 && html`<optgroup label=${t.list.title}>${mail.map(option)}</optgroup>`}
    </select>`;
}

const List = ({ name, list }) => html`<ul class="told" aria-label=${name}>${list.map((one, i) => html`<${Told} key=${i} ...${one} />`)}</ul>`;

const signs = { yes: 'check', counts: 'retry', no: 'close' };

function Told({ stage, to, reached, rule, matches, counts, failed, known, found, do: actions, reply: said }) {
  const verdict = matches ? (counts ? 'counts' : 'yes') : 'no', words = t.ruleTrial;
  return html`
    <li>
      <span class="chip" data-verdict=${verdict}>${icon(signs[verdict])}${words.verdicts[verdict]}</span>
      <span class="moment"><code>${stage}</code>${to.length > 0 && html` <span title=${to.join(', ')}>${t.list.others(to[0], to.length - 1)}</span>`}</span>
      <span class="why">
        ${rule && html`<${RuleLink} name=${rule} /> `}
        ${failed ? html`<code>${term(failed)}</code> ${known ? words.was(found || words.nothing[failed.field] || '') : words.unknown}`
          : said ? html`${words.reply} <span class="reply" data-class=${String(said.code)[0]}>${reply(said)}</span>${actions.length > 1 && ` (${deeds(actions)})`}`
          : deeds(actions)}
        ${counts && html` <span class="where">${words.counts}</span>`}
        ${!reached && html` <span class="where">${words.notReached}</span>`}
      </span>
    </li>`;
}

const term = ({ field, not, any }) => any.map((value) => `${field}${not ? '!' : ''}=${value}`).join(' ');

/** The name of a rule leads to it. */
export function RuleLink({ name, text = name }) {
  const to = { view: 'rules', sub: 'rule=' + encodeURIComponent(name) };
  return html`<a href=${address(to)} title=${text} onClick=${follow(() => go(to))}>${text}</a>`;
}
