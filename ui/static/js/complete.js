// What may be meant by what stands before the caret in the search field.
// The language itself is the server's.

/** operators, and the values that they are offered with. */
export const operators = {
  from: [], to: [], cc: [], bcc: [], rcpt: [], mailbox: [], subject: [], body: [], id: [],
  header: ['List-Unsubscribe', 'Message-ID', 'Reply-To', 'X-Mailer'], attachment: ['pdf', 'image', 'text/calendar', 'zip'],
  is: ['unread', 'read', 'bounce'], has: ['attachment', 'html'],
  after: ['1h', '24h', '7d'], before: ['1h', '24h', '7d'], larger: ['10k', '100k', '1M'], smaller: ['10k', '100k', '1M'],
};

const SHOWN = 8;

/**
 * suggest is {from, to, options}: what may take the place of text from there to
 * there. An option is {kind: 'operator' | 'value' | 'search', text, name}.
 * known has lists of what may be meant: senders(), mailboxes() and searches.
 */
export function suggest(text, caret, known) {
  const from = tokenAt(text, caret), to = caret + /^[^\s()]*/.exec(text.slice(caret))[0].length;
  const token = text.slice(from, to);
  const [, minus = '', name = '', value] = /^(-?)([a-z]*)(?:[:：](.*))?$/is.exec(token) ?? [];
  const operator = name.toLowerCase();
  if (value !== undefined && operators[operator]) {
    const options = fitting(value.replace(/^"|"$/g, ''), values(operator, known));
    return { from, to, options: options.map((one) => ({ kind: 'value', name: one, text: `${minus}${operator}:${quoted(one)} ` })) };
  }
  const named = token ? Object.keys(operators).filter((one) => value === undefined && (name || minus) && one.startsWith(operator)) : [];
  const options = named.map((one) => ({ kind: 'operator', name: one, text: `${minus}${one}:` }));
  return from > 0 || minus ? { from, to, options } : { from, to: text.length, options: [...options, ...earlier(text, known.searches)] };
}

/** tokenAt is where the term begins that the caret is in. */
function tokenAt(text, caret) {
  let from = 0, open = false;
  for (let i = 0; i < caret; i++) {
    if (text[i] === '"' && text[i - 1] !== '\\') open = !open;
    else if (!open && /[\s(]/.test(text[i])) from = i + 1;
  }
  return from;
}

function values(operator, known) {
  if (operator === 'from') return known.senders();
  return ['to', 'cc', 'bcc', 'rcpt', 'mailbox'].includes(operator) ? known.mailboxes() : operators[operator];
}

/** fitting is what begins with the value, then what has it inside. */
function fitting(value, list) {
  const part = value.toLowerCase(), first = [], others = [];
  for (const one of list) {
    const at = one.toLowerCase().indexOf(part);
    if (at === 0 && one.length > part.length) first.push(one);
    else if (at > 0) others.push(one);
    if (first.length === SHOWN) break;
  }
  return [...first, ...others].slice(0, SHOWN);
}

function earlier(text, searches) {
  const part = text.trim().toLowerCase();
  return searches.filter((one) => one !== text.trim() && one.toLowerCase().includes(part)).slice(0, part ? 4 : SHOWN).map((one) => ({ kind: 'search', name: one, text: one }));
}

const quoted = (value) => (/[\s"()]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value);
