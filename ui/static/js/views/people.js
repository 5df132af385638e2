// Who sent a message to whom, by the envelope, and where the headers say otherwise.
import { LONGEST, sender } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { Link, Some } from './parts.js';

// How many recipients show at first.
const SHOWN = 8;

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

/** unsent are the addresses in the headers that the envelope does not name. */
export const unsent = ({ envelope, to, cc }, list = [...to, ...cc]) => without(list, addresses(envelope.to));

/** differs says that somebody else than the author gets what bounces. */
export const differs = ({ from: [author], envelope: { from } }) => author && lower(author.address) !== lower(from) && t.mail.fromDiffers(author.address, from || '<>');

export const Differs = ({ message }) => differs(message) && html` <span class="tag" title=${differs(message)}>${t.message.envelopeFrom(message.envelope.from)}</span>`;

export function Unsent({ message, list }) {
  const some = unsent(message, list);
  return some.length > 0 && html` <span class="tag" title=${t.message.notSent(some.join(', '))}>${t.message.onlyHeaders(some.length)}</span>`;
}

export const Bcc = ({ address }) => html` <span class="tag" title=${t.mail.blind(address)}>Bcc</span>`;

export function People({ message }) {
  const { from: [author], envelope, deliveries } = message, hidden = blind(message);
  const recipient = (address, i) => {
    const box = deliveries.find(({ rcpt }) => lower(rcpt) === lower(address))?.mailbox;
    return html`<span key=${address} class="recipient">${!i && html`<span role="img" aria-label=${t.message.to}>→</span> `}${box ? html`<${Link} to=${{ box }} text=${address} />` : address}${hidden.includes(address) && html`<${Bcc} address=${address} />`}</span>`;
  };
  return html`
    <p class="people">
      <span class="sender">
        ${author?.name && html`<b>${sender(message)}</b> `}<span>${author ? author.address.slice(0, LONGEST) : envelope.from || t.nullSender}</span>
        <${Differs} message=${message} />
      </span>
      <${Some} of=${addresses(envelope.to)} most=${SHOWN} each=${recipient} />
      <${Unsent} message=${message} />
    </p>`;
}
