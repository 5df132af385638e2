// How the server is set up: each of its flags, its value, where that comes from, and what it means.
import { useEffect, useState } from 'preact/hooks';
import * as api from '../api.js';
import { html } from '../html.js';
import { fail } from '../state/notices.js';
import { t } from '../strings.js';
import { Failure, Filter, Loading, View } from './parts.js';

export function Server() {
  const [{ settings, problem }, take] = useState({}), [text, find] = useState('');
  const load = () => api.settings().then(take, (problem) => take({ problem }));
  useEffect(() => { load(); }, []);
  const change = (name) => async (field) => {
    const { value } = field, now = await api.changeSettings({ [name]: value }).catch((problem) => {
      fail(problem);
      return { settings };
    });
    take(now);
    if (field.value === value) field.value = now.settings.find((one) => one.name === name).value; // or else somebody types there
  };
  const list = settings?.filter(({ name, meaning }) => `${name} ${meaning}`.toLowerCase().includes(text.trim().toLowerCase())) ?? [];
  return html`
    <${View} name="settings" tools=${html`<${Filter} label=${t.server.filter} value=${text} onInput=${find} />`}>
      ${problem && html`<${Failure} problem=${problem} retry=${load} />`}
      ${!problem && !settings && html`<${Loading} text=${t.places.settings} />`}
      ${settings && !list.length && html`<p class="hint">${t.search.none}</p>`}
      ${[...Map.groupBy(list, ({ group }) => group)].map(([group, list]) => html`
        <section key=${group} aria-label=${group}>
          <h2>${group}</h2>
          <ul>${list.map((one) => html`<${Flag} key=${one.name} ...${one} change=${change(one.name)} />`)}</ul>
        </section>`)}
    <//>`;
}

function Flag({ name, env, value, set, secret, source, type, meaning, changeable, change }) {
  const shown = secret ? (set ? '•••' : '') : value;
  return html`
    <li class="entry flag" data-source=${source}>
      <div><code title=${env}>--${name}</code></div>
      <div>
        ${changeable ? html`<input defaultValue=${shown} aria-label=${name} placeholder=${type} autocomplete="off" spellcheck="false" onChange=${({ target }) => change(target)} />` : html`<code>${shown || '–'}</code>`}
        <p class="plain">${meaning}</p>
      </div>
      <span class="where">${t.server.sources[source]}</span>
    </li>`;
}
