// The pane on the left: all mail, and a mailbox for each recipient.
import { html } from '../html.js';
import { icon } from '../icons.js';
import { count, short, span } from '../format.js';
import { address, follow, go, route } from '../router.js';
import { room } from '../settings.js';
import { attempts } from '../state/attempts.js';
import { clock, now, real } from '../state/clock.js';
import { addresses, BADMAIL, boxOf, DONE, filter, load, mailboxes, matching, QUEUE } from '../state/mailboxes.js';
import { t } from '../strings.js';
import { Failure, Loading } from './parts.js';
import { Windowed } from './windowed.js';

export function Mailboxes() {
  return html`
    <nav class="boxes" aria-label=${t.mailboxes.title}>
      <${Filter} />
      <${Box} name="" box=${mailboxes.value.total} label=${t.allMail} />
      <${Places} />
      <${Boxes} />
      <${ClockButton} />
    </nav>`;
}

/** What is beside the mailboxes of recipients. */
function Places() {
  const { rows, next } = attempts.value, done = boxOf(DONE), badmail = boxOf(BADMAIL);
  return html`
    <ul class="places">
      <${Place} view="queue" name="queue" label=${t.places.queue} n=${boxOf(QUEUE)?.messages} />
      <${Place} box=${BADMAIL} name="badmail" label=${t.places.badmail} n=${badmail?.messages} />
      ${done && html`<${Place} box=${DONE} name="done" label=${t.places.done} n=${done.messages} />`}
      <${Place} view="attempts" name="attempts" label=${t.places.attempts} n=${rows.length} more=${Boolean(next)} />
      <${Place} view="rules" name="rules" label=${t.places.rules} />
    </ul>`;
}

function Place({ view = '', box = '', name, label, n = 0, more }) {
  const { view: shown, box: inside } = route.value;
  const current = view ? shown === view : !shown && inside === box;
  return html`
    <li><a class="box place" href=${address({ view, box })} title=${t.places.hints[name]} aria-current=${current ? 'page' : undefined} onClick=${follow(() => go({ view, box }))}>
      ${icon(name)}<span class="name">${label}</span>
      ${n > 0 && html`<span class="count">${count(n)}${more && '+'}</span>`}
    </a></li>`;
}

function ClockButton() {
  const { ahead, frozen, speed } = clock.value;
  const how = real.value ? short(now.value) : frozen ? t.clock.frozen : speed !== 1 ? t.clock.times(speed) : (ahead < 0 ? '−' : '+') + span(Math.abs(ahead));
  return html`
    <button type="button" class="box place clock-button" data-unreal=${real.value ? undefined : ''} popovertarget="clock" title="${t.clock.hint} (c)">
      ${icon('clock')}<span class="name">${t.places.clock}</span><span class="count">${how}</span>
    </button>`;
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
  const { phase, problem } = mailboxes.value;
  if (phase === 'loading') return html`<${Loading} text=${t.mailboxes.title} />`;
  if (phase === 'failed') return html`<${Failure} text=${t.errors.boxesFailed} problem=${problem} retry=${() => load().catch(() => {})} />`;
  if (!addresses.value.length) return html`<p class="hint">${t.mailboxes.none}</p>`;
  if (!matching.value.length) return html`<p class="hint">${t.mailboxes.noMatch(filter.value)}</p>`;
  const rowHeight = room.value === 'narrow' ? 40 : 28; // for fingers, or for a pointer
  return html`
    <${Windowed} items=${matching.value} keyOf=${(box) => box.address} rowHeight=${rowHeight} follow=${route.value.box}>
      ${(box) => html`<${Box} name=${box.address} box=${box} label=${box.address} />`}
    <//>`;
}

function Box({ name, box, label }) {
  const at = label === name ? label.lastIndexOf('@') : -1, domain = at > 0 ? label.slice(at) : '';
  const { box: shown, view, q } = route.value; // a search goes along
  const current = !view && shown === name;
  return html`
    <a class="box" href=${address({ box: name, q })} aria-current=${current ? 'page' : undefined} data-unread=${box.unseen > 0 ? '' : undefined}
      title="${label} · ${t.mailboxes.count(box.messages, box.unseen)}" onClick=${follow(() => go({ box: name, q }))}>
      <span class="name">${label.slice(0, label.length - domain.length)}<span class="domain">${domain}</span></span>
      ${box.unseen > 0 && html`<span class="unseen-count">${count(box.unseen)}</span>`}
      <span class="count">${count(box.messages)}</span>
    </a>`;
}
