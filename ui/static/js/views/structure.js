// The parts of a mail as a tree, and the chosen one, shown as far as that is safe.
import { useEffect, useRef } from 'preact/hooks';
import { head, partURL } from '../api.js';
import { bytes, LONGEST } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { opened } from '../state/reader.js';
import { t } from '../strings.js';
import { Cards } from './cards.js';
import { Facts } from './headers.js';
import { Download } from './parts.js';
import { Asked, Octets, decode } from './source.js';
import { showPart } from './tabs.js';

export function StructureTab({ message: { id, structure, attachments } }) {
  const all = flat(structure), wanted = opened.value.part ?? attachments[0]?.part;
  const chosen = all.find(({ part }) => part === wanted) ?? all.find(({ children }) => !children.length) ?? structure;
  return html`
    <div class="structure">
      <nav aria-label=${t.message.tabs.structure}><ul><${Node} node=${structure} chosen=${chosen} /></ul></nav>
      <${Chosen} key=${chosen.part} id=${id} part=${chosen} />
    </div>`;
}

const flat = (part) => [part, ...part.children.flatMap(flat)];

const nameOf = ({ filename, contentType }) => (filename || contentType).slice(0, LONGEST);

const Node = ({ node, chosen }) => html`
  <li>
    <button type="button" aria-current=${node === chosen ? 'true' : undefined} onClick=${() => showPart(node.part)}>
      ${icon(node.children.length ? 'inbox' : 'file')}<span class="name">${nameOf(node)}</span>
      <span class="where">${[node.filename && node.contentType, node.encoding, bytes(node.length)].filter(Boolean).join(' · ')}</span>
    </button>
    ${node.children.length > 0 && html`<ul>${node.children.map((one) => html`<${Node} key=${one.part} node=${one} chosen=${chosen} />`)}</ul>`}
  </li>`;

function Chosen({ id, part }) {
  const { contentType, charset, disposition, contentId, enclosed } = part, url = part.part && partURL(id, part.part), box = useRef(null);
  // Where the tree is above, to what was chosen in it.
  useEffect(() => {
    if (opened.value.part !== undefined) box.current.parentElement.scrollTop = box.current.offsetTop - box.current.parentElement.offsetTop;
  }, [opened.value.part]);
  return html`
    <section ref=${box} class="part scrolls" aria-label=${nameOf(part)}>
      <div class="bar">
        <h2 class="space">${nameOf(part)}</h2>
        ${url && html`<${Download} url=${url} name=${part.filename} />`}
      </div>
      <${Facts} facts=${[
        ['Content-Type', contentType + (charset && `; charset=${charset}`)], ['Content-Disposition', disposition], ['Content-ID', contentId],
        ...enclosed.filter(({ name }) => /^(from|to|cc|subject|date|message-id)$/i.test(name)).map(({ name, value }) => [name, value]),
      ]} />
      <${Shown} id=${id} part=${enclosed.length ? flat(part).find((one) => /^text\//.test(one.contentType) && one.part) : part} />
    </section>`;
}

/** What can be shown of a part. Of a message within the message it is its first text. */
function Shown({ id, part }) {
  if (!part?.part || part.children.length) return null;
  const type = `${part.contentType} ${part.filename}`, name = nameOf(part), url = partURL(id, part.part);
  if (/^image\/(png|p?jpe?g|gif|webp|avif|bmp|x-icon) /.test(type)) return html`<p class="picture"><img src=${url} alt=${name} /></p>`;
  if (/^application\/pdf /.test(type) && navigator.pdfViewerEnabled) return html`<iframe src=${url} title=${name}></iframe>`;
  const text = html`<${Octets} url=${url} charset=${part.charset} links />`;
  if (/^text\/(calendar|(x-)?vcard) |\.(ics|vcf)$/i.test(type)) return html`
    <${Asked} key=${url} ask=${(signal) => head(url, 256 * 1024, signal)}>${({ bytes: octets }) => html`<${Cards} text=${decode(octets)} />`}<//>${text}`;
  return /^(text|message)\/|[/+](json|xml|yaml|javascript|sql) /.test(type) ? text : html`<p class="hint">${t.mail.save}</p>`;
}
