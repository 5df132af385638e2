// What was said in an SMTP session, line by line.
import { html } from '../html.js';
import { icon } from '../icons.js';
import { t } from '../strings.js';

/** lines reads a transcript: who is 'C' for the client, 'S' for the server, '#' for a remark; a line that is none of these is {text}. */
export const lines = (text) => text.trimEnd().split('\n').map((line) => {
  const [, at, who, said] = /^ *(\d+\.\d+) ([CS#]): (.*)$/.exec(line) ?? [];
  return who ? { at, who, text: said, code: who === 'S' ? said[0] : undefined } : { text: line.trim() };
});

const signs = { C: 'relay', S: 'back', '#': 'minus' };

export function Transcript({ text }) {
  const [title, ...rest] = lines(text);
  return html`
    <p class="where">${title.text}</p>
    <ol class="transcript">${rest.map(({ at, who, text: said, code }) => html`
      <li data-who=${who} data-class=${code}>
        <time>${at}</time><span class="who">${who && icon(signs[who])}<span class="unseen">${{ C: t.session.remote, S: t.session.local }[who]}</span></span><span class="said">${said}</span>
      </li>`)}</ol>`;
}
