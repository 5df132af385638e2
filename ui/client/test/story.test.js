// The story: somebody signs up and gets one mail with a code and a link; somebody
// else gets none.
import test from 'node:test';
import assert from 'node:assert/strict';
import nodemailer from 'nodemailer';
import { NotMetError, Postroom } from 'postroom';

const postroom = new Postroom(); // at POSTROOM_URL
const transport = nodemailer.createTransport({ host: process.env.SMTP_HOST, port: Number(process.env.SMTP_PORT), secure: false });

/** What an application would do. @param {string} to */
const signUp = (to) => transport.sendMail({
  from: 'Kettle <hello@kettle.test>',
  to,
  subject: 'Welcome to Kettle',
  text: 'Your confirmation code is 482913.\n\nOr follow https://kettle.test/confirm/a1b2\n',
  html: '<p>Your confirmation code is <b>482913</b>.</p><p><a href="https://kettle.test/confirm/a1b2">Confirm my address</a></p>',
});

test('the mail of a sign-up', async () => {
  const alice = await postroom.address({ prefix: 'alice' });
  const bob = await postroom.address({ prefix: 'bob' });
  await signUp(alice.address);

  const { values, messages } = await alice.expect({
    match: { subject: '~Welcome' },
    count: 1,
    extract: { link: 'link:Confirm', code: 'code' },
  });
  assert.equal(messages.length, 1);
  assert.equal(values.code, '482913');
  assert.equal(values.link, 'https://kettle.test/confirm/a1b2');
  assert.deepEqual((await bob.expect({ count: 0 })).messages, []);
});

test('one mail too many is noticed', async () => {
  const alice = await postroom.address({ prefix: 'alice' });
  await Promise.all([signUp(alice.address), signUp(alice.address)]);
  await assert.rejects(alice.expect({ count: 1 }), NotMetError);
});

test('mail may come later', async () => {
  const alice = await postroom.address({ prefix: 'alice' });
  const [{ values }] = await Promise.all([
    alice.expect({ extract: { code: 'code' } }),
    signUp(alice.address),
  ]);
  assert.equal(values.code, '482913');
});
