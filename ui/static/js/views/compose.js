// Writing a mail: a sheet above the page, which goes on beneath it.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { askToRelease, askToResend } from '../actions.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { attach, busy, compose, detach, discard, draft, errors, files, minimised, reply, replyAs, send, set, size, takeFocus } from '../state/compose.js';
import { addresses } from '../state/mailboxes.js';
import { t } from '../strings.js';
import { Choice, IconButton, QuietButton } from './parts.js';

export function Compose() {
  if (!draft.value) return null;
  return minimised.value ? html`<${Bar} />` : html`<${Sheet} />`;
}

export const ComposeButton = () => html`<${QuietButton} name="edit" class="quiet-button compose-button" label=${t.compose.open} title="${t.compose.open} (n)" aria-keyshortcuts="n" onClick=${compose} />`;

/** What can be done with a mail to send it, or an answer, somewhere. */
export const SendTools = ({ message }) => html`
  <${IconButton} name="reply" label="${t.compose.reply} (a)" onClick=${() => reply()} />
  ${message.to.length + message.cc.length > 1 && html`<${IconButton} name="replyAll" label="${t.compose.replyAll} (A)" onClick=${() => reply(true)} />`}
  <${IconButton} name="resend" label=${t.resend.open} onClick=${askToResend} />
  <${IconButton} name="relay" label=${t.release.open} onClick=${askToRelease} />`;

const title = () => t.compose[draft.value.kind === 'reply' ? 'replyTitle' : 'title'];

const Bar = () => html`
  <div class="compose-bar">
    <button type="button" onClick=${compose}>${icon('edit')}<span>${draft.value.subject || title()}</span></button>
    <${IconButton} name="trash" label=${t.compose.discard} onClick=${discard} />
  </div>`;

function Sheet() {
  const element = useRef(), [dropping, setDropping] = useState(false);
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (takeFocus()) focusFirst(element.current);
    return () => before?.isConnected && before.focus();
  }, []);
  const submit = async () => {
    await send();
    requestAnimationFrame(() => element.current?.querySelector('[aria-invalid=true]')?.focus());
  };
  const onKeyDown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
    else if (event.key === 'Escape') minimised.value = true;
    else return event.ctrlKey || event.metaKey || event.stopPropagation(); // the page's keys are not ours
    event.preventDefault();
    event.stopPropagation();
  };
  const onDrag = (event) => {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    setDropping(event.type === 'dragover');
    if (event.type === 'drop') attach(event.dataTransfer.files);
  };
  const onPaste = (event) => {
    const pasted = event.clipboardData.files;
    if (!pasted.length) return;
    event.preventDefault();
    attach(pasted);
  };
  return html`
    <section ref=${element} class="compose" role="dialog" aria-label=${title()} data-dropping=${dropping}
      onKeyDown=${onKeyDown} onDragOver=${onDrag} onDragLeave=${onDrag} onDrop=${onDrag} onPaste=${onPaste}>
      <div class="pane-head">
        <h2>${title()}</h2>
        <span class="space"></span>
        <${IconButton} name="minus" label="${t.compose.minimise} (Escape)" onClick=${() => { minimised.value = true; }} />
        <${IconButton} name="trash" label=${t.compose.discard} onClick=${discard} />
      </div>
      <div class="compose-body" inert=${busy.value}>
        <${Head} />
        <${Body} />
        <${Files} />
        <${More} />
      </div>
      <${Foot} submit=${submit} />
    </section>`;
}

/** focusFirst goes to the first field that is still to be filled in. */
function focusFirst(sheet) {
  const { from, to, subject, format } = draft.value;
  const name = !to ? 'to' : !from ? 'from' : !subject ? 'subject' : format;
  const field = sheet.querySelector(`[name=${name}]`);
  field.focus();
  field.setSelectionRange(0, 0);
  field.scrollTop = 0;
}

function Head() {
  const { as = [], copies, from } = draft.value;
  return html`
    <${Field} name="from" label=${t.compose.from} known />
    ${as.length > 1 && html`<div class="line"><span class="name">${t.compose.as}</span>
      <${Choice} label=${t.compose.as} options=${as.map((one) => [one, one])} value=${as.find((one) => from.toLowerCase().includes(one.toLowerCase()))} onChange=${replyAs} /></div>`}
    <${Field} name="to" label=${t.compose.to} known>
      ${!copies && html`<button type="button" class="link-button" onClick=${() => set({ copies: true })}>${t.compose.copies}</button>`}
    <//>
    ${copies && html`<${Field} name="cc" label=${t.compose.cc} known /><${Field} name="bcc" label=${t.compose.bcc} known />`}
    <${Field} name="subject" label=${t.compose.subject} spellcheck />`;
}

/** A line of the sheet: a name, what is written, and what is wrong with it. */
function Field({ name, label, known, children, as = 'input', ...rest }) {
  const [focused, setFocused] = useState(false);
  const id = 'compose-' + name, wrong = errors.value[name];
  return html`
    <div class="line">
      <label class="name" for=${id}>${label}</label>
      <${as} id=${id} name=${name} type=${as === 'input' ? 'text' : undefined} autocomplete="off" spellcheck=${false} value=${draft.value[name]} list=${known && focused ? id + '-known' : undefined}
        aria-invalid=${Boolean(wrong)} aria-describedby=${wrong ? id + '-wrong' : undefined} onInput=${(event) => set({ [name]: event.target.value })}
        onFocus=${() => setFocused(true)} onBlur=${() => setFocused(false)} ...${rest} />
      ${known && focused && html`<${Known} id=${id + '-known'} text=${draft.value[name]} />`}
      ${children}
      ${wrong && html`<p class="wrong" id=${id + '-wrong'} role="alert">${wrong}</p>`}
    </div>`;
}

/** Known mailboxes that complete the last address of a list. */
function Known({ id, text }) {
  const at = text.lastIndexOf(',') + 1;
  const typed = text.slice(at).trim().toLowerCase(), found = [];
  for (const { address } of addresses.value) {
    if (address.includes(typed)) found.push(text.slice(0, at) + (at ? ' ' : '') + address);
    if (found.length === 12) break;
  }
  return html`<datalist id=${id}>${found.map((one) => html`<option key=${one} value=${one} />`)}</datalist>`;
}

function Body() {
  const { format, text, html: markup } = draft.value;
  const written = (name, value) => html`${t.compose[name]}${value && format !== name ? ' •' : ''}`;
  return html`
    <div class="line formats">
      <${Choice} label=${t.compose.format} options=${[['text', written('text', text)], ['html', written('html', markup)]]} value=${format} onChange=${(format) => set({ format })} />
    </div>
    <textarea key=${format} name=${format} class="compose-text" aria-label=${t.compose[format]} spellcheck=${format === 'text'} value=${draft.value[format]}
      onInput=${(event) => set({ [format]: event.target.value })}></textarea>`;
}

function Files() {
  const wrong = errors.value.files;
  if (!files.value.length && !wrong) return null;
  return html`
    <ul class="compose-files" aria-label=${t.compose.files}>
      ${files.value.map((one) => html`
        <li key=${one.key}>
          ${icon('attachment')}
          <span class="name" title=${one.name}>${one.name}</span>
          ${one.content === undefined && (one.done < 1
            ? html`<progress value=${one.done} aria-label=${t.compose.reading(one.name)}></progress>`
            : html`<span class="lost">${t.compose.lost}</span>`)}
          <span class="size">${bytes(one.size)}</span>
          <${IconButton} name="close" label=${t.compose.detach(one.name)} onClick=${() => detach(one.key)} />
        </li>`)}
    </ul>
    ${wrong && html`<p class="wrong" role="alert">${wrong}</p>`}`;
}

function More() {
  const { nullSender, mailFrom, rcptTo, headers, replyTo } = draft.value, { mailFrom: a, rcptTo: b, headers: c, replyTo: d } = errors.value;
  const count = [nullSender || mailFrom, rcptTo, replyTo, ...headers.split('\n')].filter(Boolean).length;
  return html`
    <details class="compose-more" open=${Boolean(a || b || c || d) || undefined}>
      <summary>${t.compose.more}${count > 0 && html` <span class="count">${count}</span>`}</summary>
      <${Field} name="mailFrom" label="MAIL FROM" placeholder=${nullSender ? '<>' : t.compose.asFrom} disabled=${nullSender} known>
        <label class="check"><input type="checkbox" name="nullSender" checked=${nullSender} onChange=${(event) => set({ nullSender: event.target.checked })} />${t.nullSender}</label>
      <//>
      <${Field} name="rcptTo" label="RCPT TO" placeholder=${t.compose.asHeaders} known />
      <${Field} name="replyTo" label="Reply-To" known />
      <${Field} name="headers" label=${t.compose.headers} as="textarea" rows="3" placeholder="X-Campaign: spring" />
    </details>`;
}

function Foot({ submit }) {
  const { way, hop } = draft.value, picker = useRef(), wrong = errors.value.hop, failed = errors.value[''];
  const onPick = (event) => {
    attach(event.target.files);
    event.target.value = '';
  };
  return html`
    <div class="foot">
      <div class="way">
        <${Choice} label=${t.compose.way} options=${[['here', t.compose.here], ['hop', t.release.hop]]} value=${way} onChange=${(way) => set({ way, hop: draft.value.hop })} />
        ${way === 'hop' && html`<input name="hop" type="text" autocomplete="off" spellcheck=${false} placeholder="smtp://app:2525" aria-label=${t.release.hop} value=${hop}
          aria-invalid=${Boolean(wrong)} onInput=${(event) => set({ hop: event.target.value })} />`}
      </div>
      <p class="where">${way === 'hop' ? t.compose.hopHint : t.compose.hereHint}</p>
      ${(wrong || failed) && html`<p class="wrong" role="alert">${wrong || failed}</p>`}
      <div class="compose-buttons">
        <button type="button" class="button primary" onClick=${submit} disabled=${busy.value} title="Ctrl+Enter">${busy.value ? t.compose.sending : t.compose.send}</button>
        <input ref=${picker} type="file" multiple hidden onChange=${onPick} />
        <${QuietButton} name="attachment" label=${t.compose.attach} onClick=${() => picker.current.click()} />
        ${size.value > 0 && html`<span class="where">${bytes(size.value)}</span>`}
        <span class="space"></span>
        <kbd>Ctrl</kbd><kbd>Enter</kbd>
      </div>
      ${busy.value && html`<span class="progress" role="status" aria-label=${t.compose.sending}></span>`}
    </div>`;
}
