// The mail as it looks: in a frame that runs no scripts and belongs to no origin.
import { htmlURL } from '../api.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { previewScheme, previewWidth, previewZoom } from '../settings.js';
import { change, opened } from '../state/reader.js';
import { t } from '../strings.js';
import { Choice, IconButton } from './parts.js';

// In pixels; without one it is all there is.
const WIDTHS = { tablet: 768, phone: 390 };
// In per cent.
const ZOOMS = [50, 75, 100, 125, 150, 200];

export function PreviewTab({ message: { id, remoteContent } }) {
  const { remote } = opened.value, url = htmlURL(id, remote), dark = previewScheme.value === 'dark';
  const width = WIDTHS[previewWidth.value], zoom = previewZoom.value / 100, part = `${100 / zoom}%`;
  // A frame that navigates adds to the history; a new one, as the key makes it, does not.
  return html`
    <div class="bar tools">
      <${Choice} label=${t.mail.width} value=${previewWidth.value} onChange=${(name) => { previewWidth.value = name; }} options=${Object.entries(t.mail.widths)} />
      <select aria-label=${t.mail.zoom} value=${previewZoom.value} onChange=${({ target }) => { previewZoom.value = Number(target.value); }}>
        ${ZOOMS.map((percent) => html`<option value=${percent}>${percent} %</option>`)}
      </select>
      <${IconButton} name="dark" label=${t.theme.dark} aria-pressed=${dark} onClick=${() => { previewScheme.value = dark ? 'light' : 'dark'; }} />
      <a class="icon-button" href=${url} target="_blank" rel="noopener noreferrer" title=${t.mail.print} aria-label=${t.mail.print}>${icon('print')}</a>
      ${remoteContent > 0 && html`
        <span class="remote">
          ${t.message.remote(remoteContent, remote)}
          <button type="button" class="link-button" onClick=${() => change(id, { remote: !remote })}>${remote ? t.message.remoteBlock : t.message.remoteLoad}</button>
        </span>`}
    </div>
    <div class="stage">
      <div class="device" style=${{ width: width ? `${width * zoom}px` : '100%' }}>
        <iframe key=${url} src=${url} title=${t.message.htmlFrame} sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"
          style=${{ width: part, height: part, transform: zoom === 1 ? 'none' : `scale(${zoom})`, colorScheme: previewScheme.value }}></iframe>
      </div>
    </div>`;
}
