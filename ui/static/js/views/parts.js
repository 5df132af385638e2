// Small things that several views are made of.
import { useRef, useState } from 'preact/hooks';
import { copy } from '../actions.js';
import { asFile } from '../api.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { reply as said } from '../format.js';
import { address, follow, go } from '../router.js';
import { room } from '../settings.js';
import { fail } from '../state/notices.js';
import { t } from '../strings.js';

/** A button that is an icon; its name is shown on hover and read aloud. */
export const IconButton = ({ name, label, onClick, ...rest }) => html`
  <button type="button" class="icon-button" title=${label} aria-label=${label} onClick=${onClick} ...${rest}>${icon(name)}</button>`;

/** A button that is an icon with its name beside it; where there is no room only the icon is left. */
export const QuietButton = ({ name, label, onClick, ...rest }) => html`
  <button type="button" class="quiet-button" title=${label} onClick=${onClick} ...${rest}>${icon(name)}<span>${label}</span></button>`;

/** The icons of states, and of the steps that lead to them. */
export const signs = {
  delivered: 'check', queued: 'clock', held: 'pause', bouncing: 'bounce', relayed: 'relay', bounced: 'bounce', reported: 'unread', lost: 'close', received: 'inbox', kept: 'check', thawed: 'play',
  retried: 'retry', rerouted: 'rules', deferred: 'retry', failed: 'attempts', expired: 'clock', warned: 'warning', released: 'relay', refused: 'attempts', discarded: 'close',
};

/** How far a delivery has come: a sign, a colour and a word. */
export const StateChip = ({ state }) => html`<span class="chip" data-state=${state}>${icon(signs[state] ?? 'check')}${t.states[state] ?? state}</span>`;

/** What a server said, exact; the hover has all of it. */
export const Reply = ({ reply }) => reply && html`<span class="reply" data-class=${String(reply.code)[0]} title=${said(reply)}>${said(reply)}</span>`;

/** useCopy is [whether a text was copied just now, what copies it]. */
function useCopy(text) {
  const [copied, setCopied] = useState(false);
  return [copied, async () => {
    if (!(await copy(text))) return;
    setCopied(true);
    setTimeout(setCopied, 1500, false);
  }];
}

/** A button that copies a text which stands elsewhere. */
export function CopyButton({ text, label = t.actions.copy }) {
  const [copied, onClick] = useCopy(text);
  return html`<${IconButton} name=${copied ? 'check' : 'copy'} label=${copied ? t.actions.copied : label} onClick=${onClick} />`;
}

/** Text that copies itself. */
export function Copyable({ text, label, class: name = '' }) {
  const [copied, onClick] = useCopy(text);
  return html`
    <button type="button" class="copyable ${name}" title=${t.actions.copy} onClick=${onClick}>
      ${label && html`<span class="label">${label}</span>`}
      <span class="value">${text}</span>
      ${icon(copied ? 'check' : 'copy')}
      <span class="unseen" role="status">${copied ? t.actions.copied : ''}</span>
    </button>`;
}

/** What is shown while something loads; it appears only if that takes a while. */
export const Loading = ({ text }) => html`<p class="loading" role="status"><span class="bar"></span>${text}</p>`;

/** What went wrong, what the server said about it, and a way on. */
export const Failure = ({ problem, retry }) => html`
  <div class="failure" role="alert">
    ${icon('warning')}
    <div>
      <p class="what">${t.errors.load}</p>
      <p>${problem?.message}</p>
      ${retry && html`<button type="button" class="button" onClick=${retry}>${t.actions.retry}</button>`}
    </div>
  </div>`;

/** A choice of a few; options are [value, label] pairs. */
export const Choice = ({ label, options, value, onChange }) => html`
  <div class="choice" role="radiogroup" aria-label=${label}>
    ${options.map(([key, text]) => html`
      <button key=${key} type="button" role="radio" aria-checked=${key === value} onClick=${() => onChange(key)}>${text}</button>`)}
  </div>`;

/** A link that saves what is at a url. */
export const Download = ({ url, name }) => html`<a class="icon-button" href=${asFile(url)} download=${name} title=${t.actions.download} aria-label=${t.actions.download}>${icon('download')}</a>`;

/** A link to another place of the page. */
export const Link = ({ to, text }) => html`<a href=${address(to)} onClick=${follow(() => go(to))}>${text}</a>`;

/** The first of a list, and a button that shows the rest; tag is what the button stands in. */
export function Some({ of, most, each, tag = 'span' }) {
  const [all, setAll] = useState(false);
  if (all || of.length <= most) return of.map(each);
  return [...of.slice(0, most).map(each), html`<${tag}><button type="button" class="link-button" onClick=${() => setAll(true)}>${t.message.moreRecipients(of.length - most)}</button><//>`];
}

/** The head of a dialog. */
export const Title = ({ text, close }) => html`
  <div class="dialog-title"><h2 id="dialog-title">${text}</h2><${IconButton} name="close" label=${t.actions.close} onClick=${close} /></div>`;

/** A view that takes the place of the list: one of t.places, with what its head has beside the title. */
export const View = ({ name, tools, children }) => html`
  <section class="list view ${name}" aria-label=${t.places[name]}>
    <header class="pane-head">
      ${room.value === 'narrow' && html`<${IconButton} name="back" label=${t.actions.mailboxes} onClick=${() => go({ view: name, pane: 'boxes' })} />`}
      <h1>${t.places[name]}</h1>
      ${tools}
    </header>
    <div class="view-body">${children}</div>
  </section>`;

/** A field for what a list shall have. */
export const Filter = ({ label, value, onInput }) => html`
  <label class="filter">
    ${icon('search')}
    <input type="search" autocomplete="off" spellcheck="false" placeholder=${label} aria-label=${label} value=${value} onInput=${({ target }) => onInput(target.value)} />
  </label>`;
/** A field of a form: a line of text, or another element. */
export const Field = ({ label, hint, as = 'input', ...rest }) => html`
  <label class="field"><span>${label}</span><${as} autocomplete="off" spellcheck="false" ...${rest} />${hint && html`<span class="where">${hint}</span>`}</label>`;

/**
 * A dialog with a form. run gets what is written, by the names of fields. It may reject with a Problem:
 * that is shown, and the field at fault, whose name is its place in the request, gets the focus.
 */
export function Form({ title, text, action, run, close, cancel = t.actions.cancel, onCancel = close, onInput, children, ...rest }) {
  const form = useRef(), [problem, setProblem] = useState(null), [busy, setBusy] = useState(false);
  const values = () => Object.fromEntries(new FormData(form.current));
  const onSubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await run(values());
      close();
    } catch (problem) {
      if (!form.current) return fail(problem); // it was closed meanwhile
      setProblem(problem);
      blame(form.current.elements[problem.where]);
    }
    setBusy(false);
  };
  const write = ({ target }) => {
    target.removeAttribute('aria-invalid');
    onInput?.(values());
  };
  return html`
    <form ref=${form} class="dialog-body" onSubmit=${onSubmit} onInput=${write} ...${rest}>
      <${Title} text=${title} close=${close} />
      <p>${text}</p>
      ${children}
      <div class="buttons">
        ${problem && html`<p class="wrong" role="alert">${problem.message}</p>`}
        <button type="button" class="button" autofocus=${!children?.length} onClick=${onCancel}>${cancel}</button>
        <button class="button primary" disabled=${busy}>${action}</button>
      </div>
    </form>`;
}

function blame(field) {
  if (!field) return;
  field.setAttribute('aria-invalid', 'true');
  const folded = field.closest('details');
  if (folded) folded.open = true;
  field.focus();
}
