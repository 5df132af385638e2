// The tabs of a message, in their order.
export const TABS = ['html', 'text', 'headers', 'attachments', 'raw'];

/** tabFor is the tab to show of a message when the reader likes one best: with no HTML it is the text, and vice versa. */
export function tabFor(wanted, { html, text, attachments }) {
  if (wanted === 'html' && html === null) return text === null && attachments.length ? 'attachments' : 'text';
  if (wanted === 'text' && text === null && html !== null) return 'html';
  if (wanted === 'attachments' && !attachments.length) return html === null ? 'text' : 'html';
  return wanted;
}
