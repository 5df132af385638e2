// The parts of a mail as a tree, and the chosen one.
import { useEffect, useRef } from 'preact/hooks';
import { asFile, partURL } from '../api.js';
import { bytes } from '../format.js';
import { html } from '../html.js';
import { icon } from '../icons.js';
import { t } from '../strings.js';
import { Facts } from './headers.js';
import { PartBody } from './part.js';
import { place, showPart } from './tabs.js';

export function StructureTab({ message }) {
  const { id, structure, attachments } = message, all = flat(structure);
  const wanted = (place.value.id === id ? place.value.part : null) ?? attachments[0]?.part;
  const chosen = all.find((one) => one.part === wanted) ?? all.find((one) => !one.children.length) ?? structure;
  return html`
    <div class="structure">
      <nav aria-label=${t.mail.parts}><ul><${Node} id=${id} node=${structure} chosen=${chosen} /></ul></nav>
      <${Chosen} key=${chosen.part} id=${id} part=${chosen} />
    </div>`;
}

const flat = (part) => [part, ...part.children.flatMap(flat)];

const sign = ({ contentType, children }) => (children.length ? 'inbox' : contentType.startsWith('image/') ? 'image' : 'file');

const Node = ({ id, node, chosen }) => html`
  <li>
    <button type="button" aria-current=${node === chosen ? 'true' : undefined} onClick=${() => showPart(id, node.part)}>
      ${icon(sign(node))}<span class="name">${node.filename || node.contentType}</span>
      <span class="size">${[node.filename && node.contentType, node.charset, node.encoding, bytes(node.length)].filter(Boolean).join(' · ')}</span>
    </button>
    ${node.children.length > 0 && html`<ul>${node.children.map((one) => html`<${Node} key=${one.part} id=${id} node=${one} chosen=${chosen} />`)}</ul>`}
  </li>`;

function Chosen({ id, part }) {
  const url = part.part && partURL(id, part.part), box = useRef(null);
  useEffect(() => { // where the tree is above, to what was chosen in it
    if (place.value.part !== null) box.current.parentElement.scrollTop = box.current.offsetTop - box.current.parentElement.offsetTop;
  }, [place.value]);
  return html`
    <section ref=${box} class="part scrolls" aria-label=${part.filename || part.contentType}>
      <div class="bar">
        <h3>${part.filename || part.contentType}</h3><span class="space"></span>
        ${url && html`<a class="quiet-button" href=${asFile(url)} download=${part.filename || undefined}>${icon('download')}<span>${t.message.download}</span></a>`}
      </div>
      <${Facts} facts=${[
        ['Content-Type', part.contentType + (part.charset && `; charset=${part.charset}`)], ['Content-Transfer-Encoding', part.encoding],
        ['Content-Disposition', part.disposition], ['Content-ID', part.contentId], [t.mail.size, t.mail.encoded(bytes(part.length))],
      ]} />
      <${PartBody} id=${id} part=${part} />
    </section>`;
}
