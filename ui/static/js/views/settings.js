// The panel of choices, kept in this browser.
import { html } from '../html.js';
import { icon } from '../icons.js';
import { density, grouping, language, theme, times } from '../settings.js';
import { dialog } from '../state/notices.js';
import { notify, permitted, wantNotes } from '../state/notify.js';
import { languages, t } from '../strings.js';
import { Choice } from './parts.js';

export const speak = (tag) => {
  language.value = tag;
  location.reload(); // to the same place
};

const options = (words) => Object.entries(words);

export function Settings() {
  const open = (kind) => () => {
    document.getElementById('settings').hidePopover();
    dialog.value = { kind };
  };
  const row = (label, value, words, onChange) => html`
    <div class="setting"><span>${label}</span><${Choice} label=${label} options=${options(words)} value=${value} onChange=${onChange} /></div>`;
  const set = (signal) => (value) => { signal.value = value; };
  return html`
    <div id="settings" popover role="dialog" aria-label=${t.settings.title}>
      ${row(t.theme.title, theme.value, { system: t.theme.system, light: t.theme.light, dark: t.theme.dark }, set(theme))}
      ${row(t.settings.language, language.value, { system: t.theme.system, ...Object.fromEntries(Object.entries(languages).map(([tag, { own }]) => [tag, own])) }, speak)}
      ${row(t.settings.density, density.value, t.settings.densities, set(density))}
      ${row(t.settings.times, times.value, t.settings.timesAs, set(times))}
      ${row(t.settings.grouping, grouping.value, t.settings.groupings, set(grouping))}
      ${row(t.settings.notify, notify.value, t.settings.notifyOf, wantNotes)}
      <p class="hint" role="status">${notify.value !== 'off' && !permitted.value ? t.settings.denied : ''}</p>
      <p class="more">
        <button type="button" class="quiet-button" onClick=${open('setup')}>${icon('plug')}<span>${t.actions.setup}</span></button>
        <button type="button" class="quiet-button" onClick=${open('keys')}>${icon('keyboard')}<span>${t.actions.keys}</span></button>
      </p>
    </div>`;
}
