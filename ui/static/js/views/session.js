// The connection that brought the mail: who it was, and what was said.
import { useEffect, useState } from 'preact/hooks';
import { text as textAt, transcriptURL } from '../api.js';
import { exact } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { Facts } from './headers.js';
import { CopyButton, Loading } from './parts.js';
import { Transcript } from './transcript.js';

export function SessionTab({ message: { id, session } }) {
  if (!session) return html`<p class="hint">${t.session.unknown}</p>`;
  const { protocol, remote, local, helo, user, mechanism, tls, startedAt } = session, smtp = !/^(HTTP|REPORT|RELEASE|PICKUP)/.test(protocol);
  return html`
    <div class="session-tab">
      <${Facts} facts=${[
        [t.session.protocol, protocol],
        [t.session.remote, remote],
        [t.session.local, local],
        [t.session.helo, helo],
        [t.session.user, user && (mechanism ? `${user} (${mechanism})` : user)],
        [t.session.tls, tls || (smtp && t.session.none)],
        [t.session.started, exact(startedAt)],
        [t.session.id, session.id],
      ]} />
      <${Said} id=${id} smtp=${smtp} />
    </div>`;
}

function Said({ id, smtp }) {
  const [{ text, problem }, setAnswer] = useState({});
  useEffect(() => {
    const request = new AbortController();
    textAt(transcriptURL(id), request.signal).then((said) => setAnswer({ text: said }), (failed) => failed.name === 'AbortError' || setAnswer({ problem: failed }));
    return () => request.abort();
  }, [id]);
  if (problem) return html`<p class="hint">${problem.status !== 404 ? problem.message : smtp ? t.mail.forgotten : t.mail.noSmtp}</p>`;
  if (text === undefined) return html`<${Loading} text=${t.message.loading} />`;
  return html`
    <section class="said-section">
      <div class="bar"><h3>${t.session.transcript}</h3><span class="space"></span><${CopyButton} text=${text} /></div>
      <${Transcript} text=${text} />
    </section>`;
}
