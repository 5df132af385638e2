// Cards (vCard, RFC 6350 and before it RFC 2426), as far as a reader asks for them.
import { parse, parts } from './contentlines.js';

const MOST = 50; // cards that are read

/** cards reads {name, lines} of each card: who, and organization, mail, telephone and such. Of what is none, nothing. */
export function cards(text) {
  const list = [];
  let card = null;
  for (const { name, value } of parse(text)) {
    const edge = value.trim().toUpperCase() === 'VCARD' && name;
    if (edge === 'BEGIN' && list.length < MOST) list.push(card = { name: '', lines: [] });
    else if (edge === 'END') card = null;
    else if (card) put(card, name, parts(value));
  }
  return list;
}

function put(card, name, values) {
  if (name === 'FN') card.name = values.join('; ');
  else if (name === 'N') card.name ||= values.slice(0, 2).reverse().join(' '); // family name; given name
  else if (/^(ORG|TITLE|EMAIL|TEL|URL|ADR|NOTE)$/.test(name) && values.length) card.lines.push(values.join(', ').replace(/^(tel|mailto):/i, ''));
}
