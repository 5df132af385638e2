// A field with a list of what may be chosen: the field keeps the focus, the arrows go through the list.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { icon } from '../icons.js';

/**
 * Props: id, label, sign (an icon); options, which of them is chosen at first (-1 is none), row(option) and
 * choose(option); children beside the field; and attributes of the field, whose onKeyDown gets what is left.
 */
export function Combobox({ id, label, sign, options, first = -1, row, choose, onKeyDown, children, ...rest }) {
  const [chosen, setChosen] = useState({}), list = useRef();
  const n = options.length, at = chosen.options === options ? chosen.at : first;
  useLayoutEffect(() => list.current.children[at]?.scrollIntoView({ block: 'nearest' }), [at, options]);
  const onKey = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (step && n) setChosen({ options, at: (Math.max(at, step < 0 ? 0 : -1) + step + n) % n });
    else if (event.key === 'Enter' && options[at]) choose(options[at]);
    else return onKeyDown?.(event);
    event.preventDefault();
  };
  return html`
    <div class="filter">
      ${icon(sign)}
      <input id=${id} type="text" role="combobox" aria-autocomplete="list" aria-expanded=${n > 0} aria-controls="${id}-list" aria-activedescendant=${options[at] && `${id}-${at}`}
        aria-label=${label} placeholder=${label} autocomplete="off" autocapitalize="off" spellcheck="false" onKeyDown=${onKey} ...${rest} />
      ${children}
    </div>
    <ul id="${id}-list" class="options" role="listbox" aria-label=${label} hidden=${!n} ref=${list} onMouseDown=${(event) => event.preventDefault()}>
      ${options.map((one, i) => html`<li key=${i} id="${id}-${i}" role="option" aria-selected=${i === at} onClick=${() => choose(one)}>${row(one)}</li>`)}
    </ul>`;
}
