// Whether long lines of source are wrapped.
import { html } from '../html.js';
import { wrapSource } from '../settings.js';
import { t } from '../strings.js';
import { IconButton } from './parts.js';

export const Wrap = () => html`
  <${IconButton} name="wrap" label=${t.mail.wrap} aria-pressed=${wrapSource.value} onClick=${() => { wrapSource.value = !wrapSource.value; }} />`;

Wrap.props = () => ({ 'data-wrap': String(wrapSource.value) });
