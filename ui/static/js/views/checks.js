// What is certain about how well a mail is made.
import { fromDiffers, unnamed, unsent } from '../envelope.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { tab } from '../settings.js';
import { foundIn } from '../state/found.js';
import { t } from '../strings.js';
import { FoundList } from './found.js';
import { showOctet, showPart } from './tabs.js';

/** One quiet line above the tabs, which leads to the checks. */
export const Defects = ({ defects }) => defects.length > 0 && html`
  <button type="button" class="defects" onClick=${() => { tab.value = 'checks'; }}>${icon('warning')}${t.message.defects(defects.length)}</button>`;

export function ChecksTab({ message }) {
  const { id, defects } = message, notes = notesOn(message, foundIn(message).links);
  return html`
    <div class="checks">
      ${!defects.length && !notes.length && html`<p class="good">${icon('check')}${t.mail.fine}</p>`}
      ${defects.length > 0 && html`
        <section><h3>${t.defects.title}</h3>
          <ul>${defects.map(({ text, part, offset, kind }) => html`
            <li class="defect" title=${kind}>${icon('warning')}<span>${text}</span>
              ${part && html`<button type="button" class="link-button" onClick=${() => showPart(id, part)}>${t.defects.at(part, 0)}</button>`}
              <button type="button" class="link-button" onClick=${() => showOctet(id, offset)}>${t.defects.at('', offset) || '0'}</button>
            </li>`)}</ul>
        </section>`}
      ${notes.length > 0 && html`
        <section><h3>${t.mail.notes}</h3>
          <ul>${notes.map((text) => html`<li>${icon('attempts')}<span>${text}</span></li>`)}</ul>
        </section>`}
      <${FoundList} message=${message} />
    </div>`;
}

/** notesOn are facts that a sender may want to know. */
function notesOn(message, links) {
  const has = (name) => message.headers.some((one) => one.name.toLowerCase() === name);
  const blind = unnamed(message), idle = unsent(message), plain = links.filter(({ url }) => /^http:/i.test(url)).length;
  return [
    ...['From', 'Date', 'Message-ID', 'Subject'].filter((name) => !has(name.toLowerCase())).map(t.mail.lacks),
    fromDiffers(message) && t.mail.fromDiffers(message.from[0].address, message.envelope.from || '<>'),
    blind.length > 0 && t.mail.blind(blind.join(', ')),
    idle.length > 0 && t.message.notSentHint(idle.join(', ')),
    message.html !== null && message.text === null && t.mail.noText,
    message.remoteContent > 0 && t.mail.remote(message.remoteContent),
    plain > 0 && t.mail.plain(plain),
  ].filter(Boolean);
}
