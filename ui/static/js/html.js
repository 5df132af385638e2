// Markup in plain modules: html`<p>${text}</p>` makes Preact elements. Text
// becomes text nodes, never markup, so mail data may stand anywhere in it.
import { h } from 'preact';
import htm from 'htm';

export const html = htm.bind(h);
