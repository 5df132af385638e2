import { test, expect } from '@playwright/test';
import { Postroom } from 'postroom';

const postroom = new Postroom(); // at POSTROOM_URL

/** @param {import('@playwright/test').Page} page @param {string} email */
async function signUp(page, email) {
  await page.goto('/');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Sign up' }).click();
}

test('the link in the mail confirms', async ({ page }) => {
  const alice = await postroom.address({ prefix: 'alice' });
  const bob = await postroom.address({ prefix: 'bob' });
  await signUp(page, alice.address);
  await expect(page.getByRole('status')).toContainText(alice.address);

  const { values } = await alice.expect({
    match: { subject: '~Welcome' },
    count: 1,
    extract: { link: 'link:Confirm', code: 'code' },
  });
  expect(values.code).toMatch(/^\d{6}$/);
  await bob.expect({ count: 0 });

  await page.goto(values.link);
  await expect(page.getByRole('heading')).toHaveText('All set');
});

test('the code in the mail confirms, and is sent once', async ({ page }) => {
  const alice = await postroom.address({ prefix: 'alice' });
  await signUp(page, alice.address);
  const { values, cursor } = await alice.expect({ count: 1, extract: { code: 'code' } });
  await page.getByLabel('Code').fill(values.code);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading')).toHaveText('All set');

  await signUp(page, alice.address);
  await expect(page.getByRole('alert')).toContainText('signed up already');
  await alice.expect({ after: cursor, count: 0 });
});

test('greylisting delays the mail and loses none', async ({ page }) => {
  const alice = await postroom.address({ prefix: 'alice', rules: ['rcpt first=1 reply 451 4.7.1 "Greylisted"'] });
  await signUp(page, alice.address);
  await expect(page.getByRole('status')).toContainText('try again');
  await alice.expect({ count: 1 });
});
