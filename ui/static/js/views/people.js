// The line of people: who sent it to whom, by the envelope, and where the
// headers say otherwise.
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { address as path, follow, go } from '../router.js';
import { t } from '../strings.js';

const SHOWN = 8; // recipients shown before one asks for all

export function People({ message }) {
  const { from, envelope } = message;
  const [all, setAll] = useState(false);
  const named = namesInHeaders(message);
  const recipients = unique(envelope.to.map(({ address }) => address));
  const shown = all ? recipients : recipients.slice(0, SHOWN);
  const sent = new Set(recipients.map(lower));
  const unsent = unique([...message.to, ...message.cc].map(({ address }) => address)).filter((address) => address && !sent.has(lower(address)));
  return html`
    <p class="people">
      <${Sender} from=${from} envelope=${envelope.from} />
      ${shown.map((address, i) => html`<${Recipient} key=${address} address=${address} first=${i === 0} message=${message} bcc=${!named.has(lower(address))} />`)}
      ${shown.length < recipients.length && html`
        <button type="button" class="link-button" onClick=${() => setAll(true)}>${t.message.moreRecipients(recipients.length - shown.length)}</button>`}
      ${unsent.length > 0 && html`<span class="tag" title=${t.message.notSentHint(unsent.join(', '))}>${t.message.notSent(unsent.length)}</span>`}
    </p>`;
}

function Sender({ from: [author], envelope }) {
  const differs = author && !same(author.address, envelope);
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

/** namesInHeaders is every word of the headers for recipients, so that forms we do not parse count as well. */
function namesInHeaders({ to, cc, headers }) {
  const names = new Set([...to, ...cc].map(({ address }) => lower(address)));
  for (const { name, value } of headers) {
    if (!/^(resent-)?(to|cc|bcc)$/i.test(name)) continue;
    for (const word of value.toLowerCase().split(/[\s,;:<>()"]+/)) names.add(word);
  }
  return names;
}

const lower = (address) => address.toLowerCase();

const same = (a, b) => lower(a) === lower(b);

/** unique leaves out addresses that differ from an earlier one in case only. */
const unique = (list) => [...new Map(list.toReversed().map((one) => [lower(one), one])).values()].reverse();
