// The pane on the left: all mail, and a mailbox for each recipient.
import { html } from '../html.js';
import { icon } from '../icons.js';
import { count } from '../format.js';
import { address, follow, go, route } from '../router.js';
import { room } from '../settings.js';
import { filter, load, mailboxes, matching } from '../state/mailboxes.js';
import { t } from '../strings.js';
import { Failure, Loading } from './parts.js';
import { Windowed } from './windowed.js';


export function Mailboxes() {
  return html`
    <nav class="boxes" aria-label=${t.mailboxes.title}>
      <${Filter} />
      <${Box} name="" box=${mailboxes.value.total} label=${t.allMail} />
      <${Boxes} />
    </nav>`;
}

function Filter() {
  const onKeyDown = (event) => {
    if (event.key === 'Escape') {
      filter.value = '';
      event.target.blur();
      event.stopPropagation();
    } else if (event.key === 'Enter' && matching.value.length) {
      go({ box: matching.value[0].address, q: route.value.q });
      event.target.blur();
    }
  };
  return html`
    <label class="filter">
      ${icon('search')}
      <input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder=${t.mailboxes.filter} aria-label=${t.mailboxes.filter}
        value=${filter.value} onInput=${(event) => { filter.value = event.target.value; }} onKeyDown=${onKeyDown} />
      <kbd>f</kbd>
    </label>`;
}

function Boxes() {
  const { phase, problem, list } = mailboxes.value;
  if (phase === 'loading') return html`<${Loading} text=${t.mailboxes.title} />`;
  if (phase === 'failed') return html`<${Failure} text=${t.errors.boxesFailed} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!list.length) return html`<p class="hint">${t.mailboxes.none}</p>`;
  if (!matching.value.length) return html`<p class="hint">${t.mailboxes.noMatch(filter.value)}</p>`;
  const rowHeight = room.value === 'narrow' ? 40 : 28; // for fingers, or for a pointer
  return html`
    <${Windowed} items=${matching.value} keyOf=${(box) => box.address} rowHeight=${rowHeight} follow=${route.value.box}>
      ${(box) => html`<${Box} name=${box.address} box=${box} label=${box.address} />`}
    <//>`;
}

function Box({ name, box, label }) {
  const at = label.lastIndexOf('@'), domain = at > 0 ? label.slice(at) : '';
  const { box: shown, q } = route.value; // a search goes along
  const current = shown === name;
  return html`
    <a class="box" href=${address({ box: name, q })} aria-current=${current ? 'page' : undefined} data-unread=${box.unseen > 0 ? '' : undefined}
      title="${label} · ${t.mailboxes.count(box.messages, box.unseen)}" onClick=${follow(() => go({ box: name, q }))}>
      <span class="name">${label.slice(0, label.length - domain.length)}<span class="domain">${domain}</span></span>
      ${box.unseen > 0 && html`<span class="unseen-count">${count(box.unseen)}</span>`}
      <span class="count">${count(box.messages)}</span>
    </a>`;
}
