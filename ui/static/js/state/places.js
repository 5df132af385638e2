// What is beside the mailboxes of recipients, in the order in which it is shown.
import { attempts } from './attempts.js';
import { BADMAIL, boxOf, DONE, QUEUE } from './mailboxes.js';

/** key follows g on the keyboard; n is how much is there, more that there is more than was counted. */
export const places = [
  { name: 'queue', view: 'queue', key: 'q', n: () => boxOf(QUEUE)?.messages },
  { name: 'badmail', box: BADMAIL, key: 'b', n: () => boxOf(BADMAIL)?.messages },
  { name: 'done', box: DONE, key: 'd', n: () => boxOf(DONE)?.messages, when: () => boxOf(DONE) },
  { name: 'attempts', view: 'attempts', key: 'a', n: () => attempts.value.rows.length, more: () => Boolean(attempts.value.next) },
  { name: 'sessions', view: 'sessions', key: 's' },
  { name: 'rules', view: 'rules', key: 'r' },
];
