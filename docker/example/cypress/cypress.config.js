import { defineConfig } from 'cypress';
import { Postroom } from 'postroom';

// Specs run in the browser; tasks run here, beside it.
export default defineConfig({
  e2e: {
    baseUrl: process.env.APP_URL ?? 'http://127.0.0.1:8080',
    specPattern: 'e2e/*.cy.js',
    supportFile: false,
    setupNodeEvents(on) {
      const postroom = new Postroom(); // at POSTROOM_URL
      on('task', {
        /** @param {import('postroom').NewAddress} wanted */
        async freshAddress(wanted) {
          const { address, cursor } = await postroom.address(wanted);
          return { to: address, after: cursor };
        },
        /** @param {import('postroom').Want} want */
        expectMail: (want) => postroom.expect(want),
      });
    },
  },
});
