// The line of people: who sent it to whom, by the envelope, and where the
// headers say otherwise.
import { useState } from 'preact/hooks';
import { fromDiffers, recipients as recipientsOf, same, unnamed, unsent as unsentOf } from '../envelope.js';
import { html } from '../html.js';
import { address as path, follow, go } from '../router.js';
import { t } from '../strings.js';

const SHOWN = 8; // recipients shown before one asks for all

export function People({ message }) {
  const { from, envelope } = message;
  const [all, setAll] = useState(false);
  const recipients = recipientsOf(message), blind = unnamed(message), unsent = unsentOf(message);
  const shown = all ? recipients : recipients.slice(0, SHOWN);
  return html`
    <p class="people">
      <${Sender} from=${from} envelope=${envelope.from} differs=${fromDiffers(message)} />
      ${shown.map((address, i) => html`<${Recipient} key=${address} address=${address} first=${i === 0} message=${message} bcc=${blind.includes(address)} />`)}
      ${shown.length < recipients.length && html`
        <button type="button" class="link-button" onClick=${() => setAll(true)}>${t.message.moreRecipients(recipients.length - shown.length)}</button>`}
      ${unsent.length > 0 && html`<span class="tag" title=${t.message.notSentHint(unsent.join(', '))}>${t.message.notSent(unsent.length)}</span>`}
    </p>`;
}

function Sender({ from: [author], envelope, differs }) {
  return html`
    <span class="sender">
      ${author
        ? html`${author.name && html`<b>${author.name}</b> `}<span class=${author.name ? 'address' : 'address alone'}>${author.address}</span>`
        : html`<b>${envelope || t.nullSender}</b>`}
      ${differs && html` <span class="tag" title=${t.message.envelopeFromHint}>${t.message.envelopeFrom(envelope)}</span>`}
    </span>`;
}

function Recipient({ address, first, message, bcc }) {
  const delivery = message.deliveries.find(({ rcpt }) => same(rcpt, address));
  const name = [...message.to, ...message.cc].find((one) => same(one.address, address))?.name;
  return html`
    <span class="recipient" title=${name}>
      ${first && html`<span class="arrow" role="img" aria-label=${t.message.to}>→</span>`}
      ${delivery ? html`<a href=${path({ box: delivery.mailbox })} onClick=${follow(() => go({ box: delivery.mailbox }))}>${address}</a>` : address}
      ${bcc && html` <span class="tag" title=${t.message.bccHint}>${t.message.bcc}</span>`}
    </span>`;
}
