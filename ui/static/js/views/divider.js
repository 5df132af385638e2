// The line between two panes: drag it, or focus it and use the arrow keys.
import { html } from '../html.js';
import { t } from '../strings.js';

const STEP = 16;

export function Divider({ width, min, max, label }) {
  const set = (value) => { width.value = Math.round(Math.min(max, Math.max(min, value))); };
  const onPointerDown = ({ currentTarget: line, pointerId }) => line.setPointerCapture(pointerId);
  const onPointerMove = ({ currentTarget: line, pointerId, clientX }) => {
    if (line.hasPointerCapture(pointerId)) set(clientX - line.previousElementSibling.getBoundingClientRect().left);
  };
  const onKeyDown = (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step) set(width.value + step);
  };
  return html`
    <div class="divider" role="separator" aria-orientation="vertical" tabindex="0"
      aria-label="${t.actions.drag}: ${label}" aria-valuenow=${width.value} aria-valuemin=${min} aria-valuemax=${max}
      onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onKeyDown=${onKeyDown}></div>`;
}
