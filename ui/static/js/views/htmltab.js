// The mail as HTML, in a frame that runs no scripts and belongs to no origin.
import { htmlURL } from '../api.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { opened, showRemote } from '../state/reader.js';
import { t } from '../strings.js';

export function HtmlTab({ message }) {
  const { remote } = opened.value;
  const url = htmlURL(message.id, remote);
  // A frame that navigates adds to the history; a new one, as the key makes it, does not.
  return html`
    ${message.remoteContent > 0 && html`<${RemoteBar} count=${message.remoteContent} shown=${remote} />`}
    <iframe key=${url} src=${url} title=${t.message.htmlFrame} sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>`;
}

const RemoteBar = ({ count, shown }) => html`
  <p class="bar remote">
    ${icon('image')}
    <span>${shown ? t.message.remoteLoaded(count) : t.message.remote(count)}</span>
    <button type="button" class="link-button" onClick=${() => showRemote(!shown)}>${shown ? t.message.remoteBlock : t.message.remoteLoad}</button>
  </p>`;
