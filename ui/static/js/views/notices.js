// Toast and dialogs.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { dialog, dismiss, toast } from '../state/notices.js';
import { t } from '../strings.js';
import { Compose } from './compose.js';
import { KeysDialog } from './keys.js';
import { Palette } from './palette.js';
import { Field, Form, IconButton, Title } from './parts.js';
import { Welcome } from './welcome.js';

function act() {
  const { run } = toast.value.action;
  dismiss();
  run();
}

export const Toast = () => html`
  <div class="toasts" role="status">
    ${toast.value && html`
      <div class="toast" data-kind=${toast.value.kind}>
        ${icon(toast.value.kind === 'failed' ? 'warning' : 'check')}
        <p>${toast.value.text}</p>
        ${toast.value.action && html`<button type="button" class="link-button" onClick=${act}>${toast.value.action.text}</button>`}
        <${IconButton} name="close" label=${t.actions.close} onClick=${dismiss} />
      </div>`}
  </div>`;

const contents = { ask: Ask, compose: Compose, keys: KeysDialog, setup: Setup, palette: Palette };

/** The browser's own modal dialog brings the focus in, keeps it, and gives it back. */
export function Dialogs() {
  const element = useRef();
  const now = dialog.value;
  useLayoutEffect(() => {
    if (now && !element.current.open) {
      element.current.showModal();
      if (!element.current.querySelector('[autofocus]')) element.current.focus(); // else what does the least has it, or the first field
    }
    if (!now && element.current.open) element.current.close();
  }, [now]);
  const close = () => { if (dialog.value === now) dialog.value = null; };
  const onClose = () => { if (!element.current.open) close(); }; // told late: it may be open again
  const onClick = (event) => { if (event.target === element.current) close(); }; // the backdrop
  return html`
    <dialog ref=${element} class=${now?.kind} tabindex="-1" onClose=${onClose} onClick=${onClick} aria-labelledby="dialog-title">
      ${now && html`<${contents[now.kind]} ...${now} close=${close} />`}
    </dialog>`;
}

function Ask({ fields = [], ...rest }) {
  return html`<${Form} ...${rest}>${fields.map((field, i) => html`<${Field} autofocus=${!i} ...${field} />`)}<//>`;
}

function Setup({ close }) {
  return html`
    <div class="dialog-body">
      <${Title} text=${t.actions.setup} close=${close} />
      <${Welcome} close=${close} />
    </div>`;
}
