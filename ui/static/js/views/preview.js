// The mail as it looks: in a frame that runs no scripts and belongs to no origin.
import { htmlURL } from '../api.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { previewScheme, previewWidth, previewZoom } from '../settings.js';
import { opened, showRemote } from '../state/reader.js';
import { t } from '../strings.js';
import { Choice, IconButton } from './parts.js';

const WIDTHS = { tablet: 768, phone: 390 }; // pixels; all there is without
const ZOOMS = [50, 75, 100, 125, 150, 200];

export function PreviewTab({ message }) {
  const url = htmlURL(message.id, opened.value.remote);
  const width = WIDTHS[previewWidth.value], zoom = previewZoom.value / 100, part = `${100 / zoom}%`;
  // A frame that navigates adds to the history; a new one, as the key makes it, does not.
  return html`
    <${Toolbar} message=${message} url=${url} />
    <div class="stage" data-framed=${Boolean(width)}>
      <div class="device" style=${{ width: width ? `${width * zoom}px` : '100%' }}>
        <iframe key=${url} src=${url} title=${t.message.htmlFrame} sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"
          style=${{ width: part, height: part, transform: zoom === 1 ? 'none' : `scale(${zoom})`, colorScheme: previewScheme.value }}></iframe>
      </div>
    </div>`;
}

function Toolbar({ message, url }) {
  const { remote } = opened.value, dark = previewScheme.value === 'dark', zoom = previewZoom.value;
  const step = (by) => { previewZoom.value = ZOOMS[ZOOMS.indexOf(zoom) + by] ?? zoom; };
  return html`
    <div class="bar tools">
      <${Choice} label=${t.mail.width} value=${previewWidth.value} onChange=${(width) => { previewWidth.value = width; }}
        options=${[['full', t.mail.full], ['tablet', t.mail.tablet], ['phone', t.mail.phone]]} />
      <span class="gap"></span>
      <${IconButton} name="dark" label=${t.theme.dark} aria-pressed=${dark}
        onClick=${() => { previewScheme.value = dark ? 'light' : 'dark'; }} />
      <span class="zoom">
        <${IconButton} name="minus" label=${t.mail.smaller} disabled=${zoom <= ZOOMS[0]} onClick=${() => step(-1)} />
        <button type="button" onClick=${() => { previewZoom.value = 100; }}>${zoom} %</button>
        <${IconButton} name="plus" label=${t.mail.larger} disabled=${zoom >= ZOOMS.at(-1)} onClick=${() => step(1)} />
      </span>
      <a class="icon-button" href=${url} target="_blank" rel="noopener noreferrer" title=${t.mail.print} aria-label=${t.mail.print}>${icon('print')}</a>
      ${message.remoteContent > 0 && html`
        <span class="remote" data-shown=${remote}>
          ${icon('image')}<span>${remote ? t.message.remoteLoaded(message.remoteContent) : t.message.remote(message.remoteContent)}</span>
          <button type="button" class="link-button" onClick=${() => showRemote(!remote)}>${remote ? t.message.remoteBlock : t.message.remoteLoad}</button>
        </span>`}
    </div>`;
}
