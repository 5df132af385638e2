// What one looks for in a mail: its codes, the links that do something, its files.
import { asFile, partURL } from '../api.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { foundIn } from '../state/found.js';
import { t } from '../strings.js';
import { CopyButton, Copyable } from './parts.js';
import { showPart } from './tabs.js';

const CODES = 3, LINKS = 3, FILES = 8;

export function Found({ message }) {
  const { codes, links } = foundIn(message), { attachments } = message;
  const likely = [...new Set(codes.filter((one) => one.likely).map((one) => one.value))].slice(0, CODES);
  const telling = tellingLinks(links);
  if (!likely.length && !telling.length && !attachments.length) return null;
  return html`
    <ul class="found" aria-label=${t.mail.links}>
      ${likely.map((value) => html`<li key=${value} class="code"><${Copyable} label=${t.mail.code} text=${value} /></li>`)}
      ${telling.map((link) => html`<li key=${link.url} class="link-chip"><${Link} ...${link} /><${CopyButton} text=${link.url} /></li>`)}
      ${attachments.slice(0, FILES).map((one) => html`<${File} key=${one.part} id=${message.id} file=${one} />`)}
      ${attachments.length > FILES && html`<li><button type="button" class="link-button" onClick=${() => showPart(message.id, attachments[FILES].part)}>${t.message.moreRecipients(attachments.length - FILES)}</button></li>`}
    </ul>`;
}

function File({ id, file: { part, filename, contentType, size } }) {
  const name = filename || contentType, url = asFile(partURL(id, part));
  const onDragStart = (event) => event.dataTransfer.setData('DownloadURL', `${contentType}:${name.replaceAll(':', '_')}:${new URL(url, location.href)}`);
  return html`
    <li class="file"><button type="button" draggable="true" title="${name} · ${contentType}" onDragStart=${onDragStart} onClick=${() => showPart(id, part)}>
      ${icon(contentType.startsWith('image/') ? 'image' : 'file')}<span class="name">${name}</span><span class="size">${bytes(size)}</span>
    </button></li>`;
}

/** A link out of a mail; what a browser should not follow is text. */
function Link({ url, text }) {
  const shown = text || url.replace(/^https?:\/\/(www\.)?/i, '');
  if (!/^(https?|mailto):/i.test(url)) return html`<span>${shown}</span>`;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer" title=${url}><span>${shown}</span>${icon('external')}</a>`;
}

const acts = /confirm|verif|activat|reset|passw|sign.?(in|up)|log.?in|accept|join|unlock|approv|invit|magic|确认|验证|激活|重置|密码|登录|注册|接受|加入|確認|驗證/i;

/** tellingLinks are those that do what the mail is about; where there are few, all of them. */
export function tellingLinks(links) {
  const web = links.filter(({ url, unsubscribe }) => /^https?:/i.test(url) && !unsubscribe);
  const rank = ({ text, url }) => (acts.test(text) ? 2 : acts.test(url.replace(/^https?:\/\/[^/]*/i, '')) ? 1 : 0);
  const ranked = web.map((link) => ({ link, rank: rank(link) })).sort((a, b) => b.rank - a.rank);
  return ranked.filter((one) => one.rank > 0 || web.length <= LINKS).slice(0, LINKS).map(({ link }) => link);
}

/** All codes and links of a message, for those who look closer. */
export function FoundList({ message }) {
  const { codes, links } = foundIn(message);
  return html`
    ${codes.length > 0 && html`
      <section><h3>${t.mail.code}</h3>
        <ul class="found-list">${codes.map(({ value, near }) => html`<li><${Copyable} text=${value} /><span class="where">${near}</span></li>`)}</ul>
      </section>`}
    ${links.length > 0 && html`
      <section><h3>${t.mail.links}</h3>
        <ul class="found-list">${links.map((link) => html`
          <li key=${link.url}><${Link} url=${link.url} text=${link.url} /><${CopyButton} text=${link.url} />
            <span class="where">${link.text || link.from}</span></li>`)}</ul>
      </section>`}`;
}
