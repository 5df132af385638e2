// The panel of choices, kept in this browser.
import { html } from '../html.js';
import { density, grouping, language, theme, times } from '../settings.js';
import { dialog } from '../state/notices.js';
import { notify, permitted, wantNotes } from '../state/notify.js';
import { languages, t } from '../strings.js';
import { Choice, QuietButton } from './parts.js';

export const speak = (tag) => {
  language.value = tag;
  // To the same place.
  location.reload();
};

const settings = [
  [t.theme, theme],
  [{ title: t.settings.language, system: t.theme.system, ...Object.fromEntries(Object.entries(languages).map(([tag, { own }]) => [tag, own])) }, language, speak],
  [t.settings.density, density],
  [t.settings.times, times],
  [t.settings.grouping, grouping],
  [t.settings.notify, notify, wantNotes],
];

function Setting([{ title, ...words }, chosen, choose = (value) => { chosen.value = value; }]) {
  return html`
    <div class="setting"><span>${title}</span><${Choice} label=${title} options=${Object.entries(words)} value=${chosen.value} onChange=${choose} /></div>`;
}

export function Settings() {
  const open = (kind) => () => {
    document.getElementById('settings').hidePopover();
    dialog.value = { kind };
  };
  return html`
    <div id="settings" popover role="dialog" aria-label=${t.commands.settings}>
      ${settings.map(Setting)}
      <p class="hint" role="status">${notify.value !== 'off' && !permitted.value ? t.settings.denied : ''}</p>
      <p class="more">
        <${QuietButton} name="plug" label=${t.commands.setup} onClick=${open('setup')} />
        <${QuietButton} name="command" label=${t.commands.help} onClick=${open('keys')} />
      </p>
    </div>`;
}
