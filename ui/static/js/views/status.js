// The strip at the foot: is it live, how much is there.
import { html } from '../html.js';
import { bytes } from '../format.js';
import { mailboxes } from '../state/mailboxes.js';
import { info, link, rate } from '../store.js';
import { t } from '../strings.js';

export function StatusStrip() {
  const { total, phase } = mailboxes.value;
  const state = link.value;
  return html`
    <footer class="status">
      <span class="link" data-state=${state} role="status" title=${t.status[`${state}Hint`]}><i></i>${t.status[state]}</span>
      ${rate.value > 0 && html`<span title=${t.status.rateHint}>${t.status.rate(rate.value)}</span>`}
      <span class="space"></span>
      ${phase === 'ready' && html`
        <span>${t.status.messages(total.messages)}</span>
        <span class="unread">${t.status.unread(total.unseen)}</span>
        <span>${bytes(total.bytes)}</span>`}
      ${info.value?.version && html`<span class="version">${info.value.version}</span>`}
    </footer>`;
}
