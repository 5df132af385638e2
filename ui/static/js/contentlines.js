// The lines that iCalendar (RFC 5545 §3.1) and vCard (RFC 6350 §3.3) are made of.

/** parse gives {name, params, value} of each line that can be read, unfolded; names are in capitals, the values as they stand. */
export function parse(text) {
  const lines = [];
  for (const line of text.replace(/\r?\n[ \t]/g, '').split(/\r?\n|\r/)) {
    const [, name, params, value] = /^(?:[\w-]+\.)?([\w-]+)((?:;[^;:="]+(?:=(?:"[^"]*"|[^";:])*)?)*):(.*)$/.exec(line) ?? [];
    if (name) lines.push({ name: name.toUpperCase(), params: paramsOf(params), value });
  }
  return lines;
}

function paramsOf(text) {
  const params = {};
  for (const [, name, value = ''] of text.matchAll(/;([^=;]+)(?:=((?:"[^"]*"|[^";])*))?/g)) {
    const key = name.toUpperCase();
    params[key] = (key in params ? params[key] + ',' : '') + value.replaceAll('"', '');
  }
  return params;
}

/** plain undoes the escapes of a text. */
export const plain = (value) => value.replace(/\\([\\;,nN])/g, (_, c) => (c === 'n' || c === 'N' ? '\n' : c));

/** parts are those of a structured value, which semicolons divide; empty ones are left out. */
export const parts = (value) => (value.match(/(?:\\.|[^;\\])+/g) ?? []).map(plain);
