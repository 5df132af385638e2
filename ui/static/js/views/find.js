// Search within a text on the screen. What is found is marked by the browser; the text stays as it is.
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { count } from '../format.js';
import { html } from '../html.js';
import { t } from '../strings.js';
import { IconButton } from './parts.js';

// How many finds are counted.
const MOST = 10_000;

/** Find looks for what is typed in the element of a ref; text is what it shows. */
export function Find({ within, text }) {
  const [wanted, setWanted] = useState(''), [{ ranges, now }, setFound] = useState({ ranges: [], now: 0 });
  useLayoutEffect(() => setFound({ ranges: wanted ? rangesOf(within.current, wanted) : [], now: 0 }), [wanted, text]);
  useEffect(() => mark('found', ranges), [ranges]);
  useEffect(() => {
    if (!ranges.length) return;
    reveal(ranges[now]);
    return mark('found-now', [ranges[now]]);
  }, [ranges, now]);
  const step = (by) => ranges.length && setFound({ ranges, now: (now + by + ranges.length) % ranges.length });
  const onKeyDown = (event) => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape' && wanted) setWanted('');
    else return;
    event.preventDefault();
  };
  return html`
    <input type="search" placeholder=${t.mail.find} aria-label=${t.mail.find} value=${wanted} onInput=${({ target }) => setWanted(target.value)} onKeyDown=${onKeyDown} />
    <span class="finds" role="status">${wanted && (ranges.length ? `${count(now + 1)} / ${count(ranges.length)}` : t.search.none)}</span>
    ${ranges.length > 1 && html`
      <${IconButton} name="up" label="${t.mail.previous} (Shift Enter)" onClick=${() => step(-1)} />
      <${IconButton} name="down" label="${t.mail.next} (Enter)" onClick=${() => step(1)} />`}`;
}

/** rangesOf finds a text, whatever its case, within each text node of an element. */
function rangesOf(element, wanted) {
  const ranges = [], walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'gi');
  for (let node; (node = walker.nextNode());) {
    for (const { index, 0: { length } } of node.data.matchAll(pattern)) {
      if (ranges.push(rangeIn(node, index, index + length)) === MOST) return ranges;
    }
  }
  return ranges;
}

export function rangeIn(node, start, end) {
  const range = document.createRange();
  range.setStart(node, Math.min(start, node.length));
  range.setEnd(node, Math.min(end, node.length));
  return range;
}

/** mark has css/message.css show ranges as found, until what it returns is called; browsers that cannot do that scroll to them all the same. */
export function mark(name, ranges) {
  if (!ranges.length || !globalThis.Highlight) return;
  CSS.highlights.set(name, new Highlight(...ranges));
  return () => CSS.highlights.delete(name);
}

/** reveal scrolls to a range, unless it is in view. */
export function reveal(range) {
  const box = range.startContainer.parentElement.closest('.scrolls'), to = range.getBoundingClientRect(), seen = box.getBoundingClientRect();
  if (to.top < seen.top || to.bottom > seen.bottom) box.scrollTop += to.top - seen.top - seen.height / 3;
}
