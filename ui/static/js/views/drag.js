// Messages that are dragged out of the page become files.
import { rawURL } from '../api.js';
import { t } from '../strings.js';

/** dragOut gives what is dragged the raw messages: as a file of the first, and as addresses of all. */
export function dragOut({ dataTransfer }, rows) {
  const urls = rows.map(({ id }) => new URL(rawURL(id), location.href).href);
  dataTransfer.effectAllowed = 'copy';
  dataTransfer.setData('DownloadURL', `message/rfc822:${fileName(rows[0])}:${urls[0]}`);
  dataTransfer.setData('text/uri-list', urls.join('\r\n'));
  dataTransfer.setData('text/plain', urls.join('\n'));
}

/** fileName has nothing that a file system minds, or the colon that ends it. */
const fileName = ({ subject }) => (subject || t.noSubject).replace(/[\s\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, ' ').trim().slice(0, 80) + '.eml';
