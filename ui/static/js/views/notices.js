// Toast and dialogs.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { dialog, dismiss, toast } from '../state/notices.js';
import { t } from '../strings.js';
import { KeysDialog } from './keys.js';
import { Palette } from './palette.js';
import { IconButton, Title } from './parts.js';
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
        <p>${toast.value.text} ${toast.value.hint && html`<span class="hint">${toast.value.hint}</span>`}</p>
        ${toast.value.action && html`<button type="button" class="link-button" title=${toast.value.action.title} onClick=${act}>${toast.value.action.text}</button>`}
        <${IconButton} name="close" label=${t.actions.dismiss} onClick=${dismiss} />
      </div>`}
  </div>`;

const contents = { ask: Question, form: Form, keys: KeysDialog, setup: Setup, palette: Palette };

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
  const close = () => { dialog.value = null; };
  const onClose = () => { if (!element.current.open) close(); }; // told late: it may be open again
  const onClick = (event) => { if (event.target === element.current) close(); }; // the backdrop
  return html`
    <dialog ref=${element} class=${now?.kind} tabindex="-1" onClose=${onClose} onClick=${onClick} aria-labelledby="dialog-title">
      ${now && html`<${contents[now.kind]} ...${now} close=${close} />`}
    </dialog>`;
}

function Question({ title, text, action, run, close }) {
  const confirm = () => {
    close();
    run();
  };
  return html`
    <div class="dialog-body">
      <h2 id="dialog-title">${title}</h2>
      <p>${text}</p>
      <p class="buttons">
        <button type="button" class="button" autofocus onClick=${close}>${t.actions.cancel}</button>
        <button type="button" class="button danger" onClick=${confirm}>${action}</button>
      </p>
    </div>`;
}

function Form({ title, text, fields, action, run, close }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await run(Object.fromEntries(new FormData(event.target)));
      close();
    } catch (problem) {
      setProblem(problem);
      setBusy(false);
    }
  };
  return html`
    <form class="dialog-body" onSubmit=${onSubmit}>
      <h2 id="dialog-title">${title}</h2>
      <p>${text}</p>
      ${fields.map(({ name, label, hint, value, ...rest }, i) => html`
        <label class="field">${label}
          <input name=${name} type="text" autocomplete="off" spellcheck="false" autofocus=${i === 0} defaultValue=${value} ...${rest} />
          ${hint && html`<span class="where">${hint}</span>`}
        </label>`)}
      ${problem && html`<p class="wrong" role="alert">${problem.message}</p>`}
      <p class="buttons">
        <button type="button" class="button" onClick=${close}>${t.actions.cancel}</button>
        <button type="submit" class="button primary" disabled=${busy}>${action}</button>
      </p>
    </form>`;
}

function Setup({ close }) {
  return html`
    <div class="dialog-body">
      <${Title} text=${t.welcome.setupTitle} close=${close} />
      <${Welcome} bare />
    </div>`;
}
