// The page's words in the reader's language. Another language is another file
// beside en.js with the same names, and a line here.
import en from './strings/en.js';
import zh from './strings/zh.js';
import { language } from './settings.js';

export const languages = { en, zh };

const wanted = navigator.languages.map((tag) => tag.split('-')[0]);

export const t = languages[language.value] ?? languages[wanted.find((tag) => tag in languages)] ?? en;

document.documentElement.lang = t.lang;
