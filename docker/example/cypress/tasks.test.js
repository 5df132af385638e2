// Runs the tasks of cypress.config.js without Cypress, against a live application.
import test from 'node:test';
import assert from 'node:assert/strict';
import config from './cypress.config.js';

/** @type {Record<string, Function>} */
const tasks = {};
/** @type {any} */ (config.e2e).setupNodeEvents((/** @type {string} */ _, /** @type {object} */ more) => Object.assign(tasks, more), {});

/** @param {string} email */
const signUp = (email) => fetch(config.e2e?.baseUrl + '/accounts', {
  method: 'POST', body: new URLSearchParams({ email, password: 'correct horse' }),
});

test('the tasks tell the story of the spec', async () => {
  const alice = await tasks.freshAddress({ prefix: 'alice' });
  const bob = await tasks.freshAddress({ prefix: 'bob' });
  await signUp(alice.to);
  const { values } = await tasks.expectMail({
    ...alice, match: { subject: '~Welcome' }, count: 1, extract: { link: 'link:Confirm', code: 'code' },
  });
  assert.match(values.code, /^\d{6}$/);
  assert.match(await (await fetch(values.link)).text(), /All set/);
  assert.deepEqual((await tasks.expectMail({ ...bob, count: 0 })).messages, []);
});

test('what a task gives can be written as JSON, as Cypress does', async () => {
  const alice = await tasks.freshAddress({ prefix: 'alice' });
  assert.deepEqual(JSON.parse(JSON.stringify(alice)), alice);
});

test('a mail that does not come fails with the report', async () => {
  const alice = await tasks.freshAddress({ prefix: 'alice' });
  await assert.rejects(tasks.expectMail({ ...alice, within: '0s' }), (/** @type {any} */ error) => error.name === 'NotMetError' && error.message.includes(alice.to));
});
