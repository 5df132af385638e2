// The files of a mail.
import { asFile, partURL } from '../api.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { t } from '../strings.js';

export function AttachmentsTab({ message: { id, attachments } }) {
  if (!attachments.length) return html`<p class="hint">${t.message.noAttachments}</p>`;
  return html`
    <ul class="attachments">
      ${attachments.map((one) => {
        const name = one.filename || t.message.unnamed(one.part), url = partURL(id, one.part);
        return html`
          <li key=${one.part}>
            ${icon(one.contentType.startsWith('image/') ? 'image' : 'file')}
            <span class="name" title=${name}>${name}</span>
            <span class="type">${one.contentType}</span>
            <span class="size">${bytes(one.size)}</span>
            <a href=${url} target="_blank" rel="noopener">${t.message.open}</a>
            <a href=${asFile(url)} download=${name}>${t.message.download}</a>
          </li>`;
      })}
    </ul>`;
}
