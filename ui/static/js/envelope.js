// Where the envelope of a message and its headers do not agree.
const lower = (address) => address.toLowerCase();

export const same = (a, b) => lower(a) === lower(b);

/** unique leaves out addresses that differ from an earlier one in case only. */
export const unique = (list) => [...new Map(list.toReversed().map((one) => [lower(one), one])).values()].reverse();

export const recipients = ({ envelope }) => unique(envelope.to.map(({ address }) => address));

/** fromDiffers says whether somebody else than the author gets what bounces. */
export const fromDiffers = ({ from: [author], envelope }) => Boolean(author && !same(author.address, envelope.from));

/** unnamed are the recipients that stand in no header: blind copies. */
export function unnamed(message) {
  const names = namesInHeaders(message);
  return recipients(message).filter((address) => !names.has(lower(address)));
}

/** unsent are the addresses in To and Cc that the envelope does not name. */
export const unsent = (message) => unsentIn(message, [...message.to, ...message.cc]);

export function unsentIn(message, list) {
  const sent = new Set(message.envelope.to.map(({ address }) => lower(address)));
  return unique(list.map(({ address }) => address)).filter((address) => address && !sent.has(lower(address)));
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
