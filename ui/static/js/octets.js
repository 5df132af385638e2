// Octets as people can read them.

/** decode shows octets that are not of the charset, or of UTF-8, as Latin letters, so that none is lost from view; of a stretch the last character may be cut. */
export function decode(octets, charset = 'utf-8', stretch = false) {
  try {
    return new TextDecoder(charset || 'utf-8', { fatal: true, ignoreBOM: true }).decode(octets, { stream: stretch });
  } catch {
    return charset && charset !== 'utf-8' ? decode(octets, 'utf-8', stretch) : new TextDecoder('windows-1252').decode(octets);
  }
}

/** hex writes sixteen octets a line: offset, numbers, and letters where there are any. */
export function hex(octets) {
  const lines = [];
  for (let at = 0; at < octets.length; at += 16) {
    const row = [...octets.subarray(at, at + 16)];
    const numbers = row.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
    const letters = row.map((octet) => (octet > 31 && octet < 127 ? String.fromCharCode(octet) : '.')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${numbers.padEnd(47)}  ${letters}`);
  }
  return lines.join('\n');
}
