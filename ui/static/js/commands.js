// All that can be done by a key or from the palette, in one list.
import { actOnSelected, askToEmpty, askToRelease, askToResend, cursor, extendBy, logOut, markAllSeen, move, openCursor, removeMessage, sendSample, toggleSeen, toggleSelected } from './actions.js';
import { close, go, leave, route } from './router.js';
import { pinned, tab, theme } from './settings.js';
import { cancel, first, pick } from './state/compare.js';
import { compose, reply } from './state/compose.js';
import { addresses, mailboxes, taken } from './state/mailboxes.js';
import { dialog, dismiss, toast } from './state/notices.js';
import { places } from './state/places.js';
import { opened } from './state/reader.js';
import * as selection from './state/selection.js';
import { undo } from './state/undo.js';
import { searches } from './state/search.js';
import { info } from './store.js';
import { languages, t } from './strings.js';
import { focusSearch } from './views/search.js';
import { speak } from './views/settings.js';
import { TABS } from './views/tabs.js';

const reading = () => Boolean(opened.value.message);
const listing = () => !route.value.view;
const inList = () => listing() && (document.activeElement === document.body || document.activeElement.closest('.list'));
const show = (kind) => () => { dialog.value = { kind }; };

/** pin keeps a mailbox on top, or no longer. */
export function pin(address) {
  const { value } = pinned;
  pinned.value = value.includes(address) ? value.filter((one) => one !== address) : [...value, address];
}

function togglePalette() {
  dialog.value = document.querySelector('dialog[open]') ? null : { kind: 'palette' };
}

function escape() {
  if (toast.value?.kind === 'failed') dismiss();
  else if (first.value) cancel();
  else if (selection.chosen.value.length) selection.clear();
  else if (route.value.view === 'compare' && !route.value.id) leave();
  else close();
}

function focusFilter() {
  const focus = () => document.getElementById('filter')?.focus();
  if (document.getElementById('filter')) return focus();
  go({ ...route.value, id: '', pane: 'boxes' });
  setTimeout(focus);
}

/**
 * Commands by where they belong. A command is {name, keys, run, when}: its words
 * are those of t that have its name, or what words() gives; keys are the ways to press it
 * ('g q' one after the other, 'Mod+k' with Ctrl or ⌘); run gets the key; when says
 * whether it would do something now. quiet ones are for the keyboard only.
 */
const groups = {
  list: [
    { name: 'next', keys: ['j', 'k'], run: (key) => move(key === 'j' ? 1 : -1), quiet: true },
    { name: 'open', keys: ['Enter', 'o'], run: openCursor, quiet: true },
    { name: 'select', keys: ['x'], run: toggleSelected, quiet: true },
    { name: 'extend', keys: ['J', 'K'], run: (key) => extendBy(key === 'J' ? 1 : -1), when: listing, quiet: true },
    { name: 'selectAll', keys: ['Mod+a'], run: selection.all, when: inList },
    { name: 'retry', keys: ['r'], run: () => actOnSelected('retry'), when: () => route.value.view === 'queue' || route.value.box === '@badmail' },
    { name: 'allRead', run: markAllSeen, when: listing },
    { name: 'pin', run: () => pin(route.value.box), when: () => listing() && addresses.value.some(({ address }) => address === route.value.box) },
    { name: 'empty', run: askToEmpty, when: () => listing() && !route.value.q },
  ],
  message: [
    { name: 'seen', keys: ['u'], run: toggleSeen, when: () => reading() || selection.chosen.value.length },
    { name: 'remove', keys: ['#', 'Delete'], run: removeMessage, when: () => route.value.id || cursor.value || selection.chosen.value.length },
    { name: 'undo', keys: ['z', 'Mod+z'], run: undo, when: () => taken.value.length },
    { name: 'compare', keys: ['d'], run: () => pick(opened.value.message), when: reading },
    { name: 'reply', keys: ['a'], run: () => reply(), when: reading },
    { name: 'replyAll', keys: ['A'], run: () => reply(true), when: reading },
    { name: 'resend', run: askToResend, when: reading },
    { name: 'release', run: askToRelease, when: reading },
    { name: 'tabs', keys: TABS.map((_, i) => String(i + 1)), run: (key) => { tab.value = TABS[key - 1]; }, when: () => Boolean(route.value.id), quiet: true },
    { name: 'close', keys: ['Escape'], run: escape, quiet: true },
  ],
  go: [
    { name: 'all', words: () => t.allMail, keys: ['g i'], run: () => go({}) },
    ...places.map(({ name, view, box, key, when }) => ({ name, keys: [`g ${key}`], run: () => go({ view, box }), when })),
    { name: 'server', words: () => t.places.settings, keys: ['g e'], run: () => go({ view: 'settings' }) },
    { name: 'filter', keys: ['f', 'g m'], run: focusFilter },
  ],
  everywhere: [
    { name: 'palette', keys: ['Mod+k'], run: togglePalette, quiet: true },
    { name: 'search', keys: ['/'], run: focusSearch },
    { name: 'compose', keys: ['n'], run: compose },
    { name: 'clock', keys: ['c'], run: () => document.getElementById('clock')?.showPopover() },
    { name: 'setup', run: show('setup') },
    { name: 'sample', run: sendSample, when: () => mailboxes.value.phase === 'ready' },
    { name: 'forgetSearches', run: () => { searches.value = []; }, when: () => searches.value.length },
    { name: 'settings', keys: [','], run: () => document.getElementById('settings').showPopover() },
    ...['system', 'light', 'dark'].map((name) => ({ name, words: () => `${t.theme.title}: ${t.theme[name]}`, run: () => { theme.value = name; }, when: () => theme.value !== name })),
    ...Object.entries(languages).map(([tag, { own }]) => ({ name: tag, words: () => `${t.settings.language}: ${own}`, run: () => speak(tag), when: () => t !== languages[tag] })),
    { name: 'help', keys: ['?'], run: show('keys') },
    { name: 'logOut', run: logOut, when: () => info.value?.user },
  ],
};

export const commands = Object.entries(groups).flatMap(([place, list]) => list.map((one) => ({ place, keys: [], ...one })));

export const applies = ({ when }) => !when || Boolean(when());

export const words = ({ name, words: own }) => own?.() ?? t.commands[name] ?? t.places[name] ?? t.actions[name];

/** find is the command that a key means now. */
export const find = (key) => commands.find((one) => one.keys.includes(key) && applies(one));

/** begins says whether commands have a key as the first of two. */
export const begins = (first) => commands.some((one) => one.keys.some((key) => key.startsWith(first + ' ')) && applies(one));
