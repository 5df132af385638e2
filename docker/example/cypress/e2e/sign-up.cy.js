/// <reference types="cypress" />

/** @param {string} email */
function signUp(email) {
  cy.visit('/');
  cy.get('#email').type(email);
  cy.get('#password').type('correct horse');
  cy.contains('button', 'Sign up').click();
}

describe('sign up', () => {
  it('is confirmed by the link in the mail', () => {
    cy.task('freshAddress', { prefix: 'bob' }).as('bob');
    cy.task('freshAddress', { prefix: 'alice' }).then((/** @type {any} */ alice) => {
      signUp(alice.to);
      cy.contains('[role=status]', alice.to);

      const extract = { link: 'link:Confirm', code: 'code' };
      cy.task('expectMail', { ...alice, match: { subject: '~Welcome' }, count: 1, extract }).then((/** @type {any} */ { values }) => {
        expect(values.code).to.match(/^\d{6}$/);
        cy.visit(values.link);
        cy.contains('h1', 'All set');
      });
    });
    cy.get('@bob').then((/** @type {any} */ bob) => cy.task('expectMail', { ...bob, count: 0 }));
  });
});
