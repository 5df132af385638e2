// Writing a mail: closing the dialog keeps the draft, to go on with it later.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { askToRelease, askToResend } from '../actions.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { compose, discard, draft, files, lastHop, reply, send } from '../state/compose.js';
import { addresses } from '../state/mailboxes.js';
import { t } from '../strings.js';
import { Field, Form, IconButton, QuietButton } from './parts.js';

export const ComposeButton = () => html`<${QuietButton} name="edit" label="${t.compose.open}${draft.value ? ' •' : ''}" onClick=${compose} />`;

/** What can be done with a mail to send it, or an answer, somewhere. */
export const SendTools = ({ message }) => html`
  <${IconButton} name="reply" label="${t.compose.reply} (a)" onClick=${() => reply()} />
  ${message.to.length + message.cc.length > 1 && html`<${IconButton} name="replyAll" label="${t.compose.replyAll} (A)" onClick=${() => reply(true)} />`}
  <${IconButton} name="resend" label=${t.resend.open} onClick=${askToResend} />
  <${IconButton} name="relay" label=${t.release.open} onClick=${askToRelease} />`;

const KNOWN = 200; // mailboxes that are offered

const folded = ['cc', 'bcc', 'replyTo', 'envelope.from', 'envelope.to'];

export function Compose({ mail, close }) {
  const body = useRef();
  const first = ['to', 'from', 'subject'].find((name) => !mail[name]) ?? 'text';
  useLayoutEffect(() => body.current.querySelector('textarea').setSelectionRange(0, 0), []);
  const onKeyDown = (event) => {
    const { key, ctrlKey, metaKey, currentTarget, target } = event;
    if (key !== 'Enter' || target.tagName !== 'INPUT' && !ctrlKey && !metaKey) return;
    event.preventDefault(); // Enter alone does not send
    if (ctrlKey || metaKey) currentTarget.requestSubmit();
  };
  const field = (name, label, more) => html`<${Field} name=${name} label=${label} defaultValue=${mail[name]} autofocus=${name === first} ...${more} />`;
  const known = (name, label, placeholder) => field(name, label, { list: 'known', placeholder });
  return html`
    <${Form} title=${t.compose.open} text=${t.compose.hint} action=${t.compose.send} run=${send} close=${close}
      cancel=${t.compose.discard} onCancel=${discard} onInput=${(written) => { draft.value = written; }} onKeyDown=${onKeyDown}>
      <div ref=${body}>
        ${known('from', t.compose.from)}
        ${known('to', t.compose.to)}
        ${field('subject', t.compose.subject)}
        ${field('text', t.compose.text, { as: 'textarea', rows: 8, spellcheck: true })}
        ${field('html', 'HTML', { as: 'textarea', rows: 3 })}
        <${Field} type="file" multiple label=${t.compose.files} onChange=${attach} />
        <ul>${files.value.map((file) => html`<${File} key=${file} file=${file} />`)}</ul>
        ${field('hop', t.release.hop, { list: 'hops', placeholder: t.compose.here })}
        <details open=${folded.some((name) => mail[name])}>
          <summary>${t.compose.more}</summary>
          ${known('cc', t.compose.cc)}
          ${known('bcc', t.compose.bcc)}
          ${known('replyTo', 'Reply-To')}
          ${known('envelope.from', 'MAIL FROM', t.compose.asFrom)}
          ${known('envelope.to', 'RCPT TO', t.compose.asHeaders)}
          ${field('headers', t.compose.headers, { as: 'textarea', rows: 3, placeholder: 'X-Campaign: spring' })}
        </details>
        <${Known} />
        <datalist id="hops"><option value=${lastHop.value} /></datalist>
      </div>
    <//>`;
}

/** Known has a mailbox's address that comes while one writes, too. */
const Known = () => html`<datalist id="known">${addresses.value.slice(0, KNOWN).map(({ address }) => html`<option key=${address} value=${address} />`)}</datalist>`;

/** attach adds files to those that are there already. */
function attach({ target }) {
  files.value = [...files.value, ...target.files];
  target.value = '';
}

const File = ({ file }) => html`
  <li>${icon('attachment')}<span>${file.name}</span> <span class="where">${bytes(file.size)}</span>
    <${IconButton} name="close" label=${t.compose.detach(file.name)} onClick=${() => { files.value = files.value.filter((one) => one !== file); }} /></li>`;
