// The panel of choices, kept in this browser.
import { logOut } from '../actions.js';
import { html } from '../html.js';
import { density, grouping, language, theme, times } from '../settings.js';
import { go } from '../router.js';
import { dialog } from '../state/notices.js';
import { notify, permitted, wantNotes } from '../state/notify.js';
import { info } from '../store.js';
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
  const then = (act) => () => {
    document.getElementById('settings').hidePopover();
    act();
  };
  const open = (kind) => then(() => { dialog.value = { kind }; });
  return html`
    <div id="settings" popover role="dialog" aria-label=${t.commands.settings}>
      ${settings.map(Setting)}
      <p class="hint" role="status">${notify.value !== 'off' && !permitted.value ? t.settings.denied : ''}</p>
      <p class="more">
        <${QuietButton} name="plug" label=${t.commands.setup} onClick=${open('setup')} />
        <${QuietButton} name="settings" label=${t.places.settings} onClick=${then(() => go({ view: 'settings' }))} />
        <${QuietButton} name="command" label=${t.commands.help} onClick=${open('keys')} />
        ${info.value?.user && html`<${QuietButton} name="close" label=${`${t.commands.logOut} (${info.value.user.name})`} onClick=${logOut} />`}
      </p>
    </div>`;
}
