// What is found in a mail: what one looks for, its codes, links and files; and what is certain about how well it is made.
import { bytes, LONGEST } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { tab } from '../settings.js';
import { opened } from '../state/reader.js';
import { t } from '../strings.js';
import { CopyButton, Copyable, Some } from './parts.js';
import { blind, differs, unsent } from './people.js';
import { showOctet, showPart } from './tabs.js';

// How many codes and links are offered, and files at first.
const MOST = 3, FILES = 8;

export function Found({ message: { attachments } }) {
  const { codes, links } = opened.value;
  const likely = [...new Set(codes.filter((one) => one.likely).map(({ value }) => value))].slice(0, MOST), telling = tellingLinks(links);
  if (!likely.length && !telling.length && !attachments.length) return null;
  return html`
    <ul class="found" aria-label=${t.mail.links}>
      ${likely.map((value) => html`<li key=${value} class="code"><${Copyable} label=${t.mail.code} text=${value} /></li>`)}
      ${telling.map(({ url, text }) => html`<li key=${url} class="link-chip"><${Followed} url=${url} text=${text || url} /><${CopyButton} text=${url} /></li>`)}
      <${Some} of=${attachments} most=${FILES} tag="li" each=${({ part, filename, contentType, size }) => html`
        <li key=${part} class="file"><button type="button" title=${contentType} onClick=${() => showPart(part)}>
          ${icon('attachment')}<span class="name">${(filename || contentType).slice(0, LONGEST)}</span><span class="where">${bytes(size)}</span>
        </button></li>`} />
    </ul>`;
}

/** A link out of a mail; what a browser should not follow is text. */
const Followed = ({ url, text }) => (/^(https?|mailto):/i.test(url)
  ? html`<a href=${url} target="_blank" rel="noopener noreferrer" title=${url}><span class="name">${text}</span>${icon('external')}</a>`
  : html`<span class="name">${text}</span>`);

const acts = /confirm|verif|activat|reset|passw|sign.?(in|up)|log.?in|accept|join|invit|确认|验证|激活|重置|密码|登录|注册|接受/i;

/** tellingLinks are those that do what the mail is about; where there are few, all of them. */
function tellingLinks(links) {
  const web = links.filter(({ url, unsubscribe }) => /^https?:/i.test(url) && !unsubscribe);
  const doing = web.filter(({ text, url }) => acts.test(text + url.replace(/^https?:\/\/[^/]*/i, '')));
  return (doing.length || web.length > MOST ? doing : web).slice(0, MOST);
}

/** One quiet line above the tabs, which leads to the checks. */
export const Defects = ({ defects }) => defects.length > 0 && html`
  <button type="button" class="defects" onClick=${() => { tab.value = 'checks'; }}>${icon('warning')}${t.message.defects(defects.length)}</button>`;

export function ChecksTab({ message }) {
  const { defects } = message, { codes, links } = opened.value, notes = notesOn(message, links);
  return html`
    <div class="checks">
      ${!defects.length && !notes.length && html`<p class="good">${icon('check')}${t.mail.fine}</p>`}
      <${Group} title=${t.message.defects(defects.length)} of=${defects} each=${({ kind, text, offset }) => html`
        <li class="defect" title=${kind}>${icon('warning')}<span>${text}</span><button type="button" class="link-button" onClick=${() => showOctet(offset)}>${t.mail.at(offset)}</button></li>`} />
      <${Group} title=${t.mail.notes} of=${notes} each=${(text) => html`<li>${icon('attempts')}<span>${text}</span></li>`} />
      <${Group} title=${t.mail.code} of=${codes} each=${({ value, near }) => html`<li><${Copyable} text=${value} /><span class="where">${near}</span></li>`} />
      <${Group} title=${t.mail.links} of=${links} each=${({ url, text, from }) => html`<li><${Followed} url=${url} text=${url} /><${CopyButton} text=${url} /><span class="where">${text || from}</span></li>`} />
    </div>`;
}

const Group = ({ title, of, each }) => of.length > 0 && html`<section><h2>${title}</h2><ul>${of.map(each)}</ul></section>`;

/** notesOn are facts that a sender may want to know. */
function notesOn(message, links) {
  const { headers, html: markup, text } = message, hidden = blind(message), idle = unsent(message), plain = links.filter(({ url }) => /^http:/i.test(url)).length;
  return [
    ...['From', 'Date', 'Message-ID', 'Subject'].filter((wanted) => !headers.some(({ name }) => name.toLowerCase() === wanted.toLowerCase())).map(t.mail.lacks),
    differs(message),
    hidden.length > 0 && t.mail.blind(hidden.join(', ')),
    idle.length > 0 && t.message.notSent(idle.join(', ')),
    markup !== null && text === null && t.mail.noText,
    plain > 0 && t.mail.plain(plain),
  ].filter(Boolean);
}
