// The connection that brought the mail: who it was, and what was said.
import * as api from '../api.js';
import { exact } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { Facts } from './headers.js';
import { Script } from './sessions.js';
import { Asked } from './source.js';

export function SessionTab({ message: { session } }) {
  if (!session) return html`<p class="hint">${t.session.forgotten}</p>`;
  const { id, protocol, remote, local, helo, user, mechanism, tls, startedAt } = session;
  return html`
    <div class="session-tab">
      <${Facts} facts=${[
        [t.session.title, `${protocol} ${id}, ${exact(startedAt)}`], [t.session.remote, remote], [t.session.local, local],
        ['HELO', helo], ['AUTH', user && `${user} ${mechanism}`], ['TLS', tls],
      ]} />
    </div>
    <${Asked} key=${id} ask=${() => api.session(id)} none=${t.session.forgotten}>${(talk) => html`<${Script} talk=${talk} />`}<//>`;
}
