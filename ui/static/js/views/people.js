// Who sent a message to whom, by the envelope, and where the headers say otherwise.
import { html } from '../html.js';
import { t } from '../strings.js';
import { Link, Some } from './parts.js';

const SHOWN = 8; // recipients

const lower = (address) => address.toLowerCase();
const addresses = (list) => [...new Set(list.map(({ address }) => address))];

/** without is a list but for the addresses that are known, whatever their case. */
function without(list, known) {
  const names = new Set(known.map(lower));
  return addresses(list).filter((address) => address && !names.has(lower(address)));
}

/** blind are the recipients that stand in no header; every word of those for recipients counts, as some have forms that are not parsed. */
export function blind({ envelope, to, cc, headers }) {
  const named = headers.filter(({ name }) => /^(resent-)?(to|cc|bcc)$/i.test(name)).flatMap(({ value }) => value.split(/[\s,;:<>()"]+/));
  return without(envelope.to, [...named, ...addresses([...to, ...cc])]);
}

/** idle says which addresses in the headers the envelope does not name. */
export function idle({ envelope, to, cc }, list = [...to, ...cc]) {
  const unsent = without(list, addresses(envelope.to));
  return unsent.length > 0 && t.message.notSent(unsent.join(', '));
}

/** differs says that somebody else than the author gets what bounces. */
export const differs = ({ from: [author], envelope: { from } }) => author && lower(author.address) !== lower(from) && t.mail.fromDiffers(author.address, from || '<>');

export const Differs = ({ message }) => differs(message) && html` <span class="tag" title=${differs(message)}>${t.message.envelopeFrom(message.envelope.from)}</span>`;

export const Idle = ({ message, list }) => idle(message, list) && html` <span class="tag" title=${idle(message, list)}>${t.message.onlyHeaders}</span>`;

export const Bcc = () => html` <span class="tag" title=${t.message.bccHint}>Bcc</span>`;

export function People({ message }) {
  const { from: [author], envelope, deliveries } = message, hidden = blind(message);
  const recipient = (address) => {
    const box = deliveries.find(({ rcpt }) => lower(rcpt) === lower(address))?.mailbox;
    return html`<span key=${address} class="recipient">${box ? html`<${Link} to=${{ box }}>${address}<//>` : address}${hidden.includes(address) && html`<${Bcc} />`}</span>`;
  };
  return html`
    <p class="people">
      <span class="sender">
        ${author?.name && html`<b>${author.name}</b> `}<span>${author ? author.address : envelope.from || t.nullSender}</span>
        <${Differs} message=${message} />
      </span>
      <span role="img" aria-label=${t.message.to}>→</span>
      <${Some} of=${addresses(envelope.to)} most=${SHOWN} each=${recipient} />
      <${Idle} message=${message} />
    </p>`;
}
