// What may be meant by what stands before the caret in the search field.
// The language itself is the server's.
import { rank } from './fuzzy.js';

/** operators, and the values that they are offered with. */
export const operators = {
  from: [], to: [], cc: [], bcc: [], rcpt: [], mailbox: [], subject: [], body: [], id: [],
  header: [], attachment: [], is: ['unread', 'read', 'bounce'], has: ['attachment', 'html'],
  after: ['1h', '24h', '7d'], before: ['1h', '24h', '7d'], larger: ['10k', '100k', '1M'], smaller: ['10k', '100k', '1M'],
};

const SHOWN = 8;

/**
 * suggest lists {label, text, caret, operator}: how the query would read, and where one would go on, or
 * without a caret an earlier query. known has lists of what may be meant: senders, mailboxes, searches.
 */
export function suggest(query, caret, known) {
  const from = tokenAt(query, caret), to = caret + /^[^\s()]*/.exec(query.slice(caret))[0].length;
  const [token, minus, name = '', value] = /^(-?)([a-z]*)(?:[:：](.*))?$/is.exec(query.slice(from, to)) ?? [];
  const operator = name.toLowerCase();
  const become = (term) => ({ text: query.slice(0, from) + term + query.slice(to).trimStart(), caret: from + term.length });
  if (value !== undefined && operators[operator]) {
    return fitting(value.replace(/^"|"$/g, ''), values(operator, known)).map(({ label }) => ({ label, ...become(`${minus}${operator}:${quoted(label)} `) }));
  }
  const named = (token || !query) && value === undefined ? Object.keys(operators).filter((one) => one.startsWith(operator)) : [];
  const earlier = from || minus ? [] : fitting(query.trim(), known.searches);
  return [...earlier.map(({ label }) => ({ label, text: label })), ...named.map((one) => ({ operator: one, label: `${minus}${one}:`, ...become(`${minus}${one}:`) }))];
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

function values(operator, { senders, mailboxes }) {
  if (operator === 'from') return senders;
  return ['to', 'cc', 'bcc', 'rcpt', 'mailbox'].includes(operator) ? mailboxes : operators[operator];
}

const fitting = (part, list) => rank(part, list.filter((label) => label !== part).map((label) => ({ label })), SHOWN);

export const quoted = (value) => (/^\/|[\s"()]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value);
