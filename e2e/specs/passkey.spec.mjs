import { test, expect } from '../lib/fixtures.mjs';
import { path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';
import { Server } from '../lib/server.mjs';
import { totp } from '../lib/totp.mjs';

// Passkeys belong to a host with a name.
const named = (s) => {
  s.url = s.url.replace('127.0.0.1', 'localhost');
};

test.describe('a passkey', () => {
  let server;
  test.beforeAll(async () => {
    server = await Server.start({ env: { LOCK_AFTER: '2h' }, before: named });
  });
  test.afterAll(() => server?.stop());

  for (const [lang, story, size] of [
    ['en', 'repair', 'phone'],
    ['zh-CN', 'namesake', 'desk'],
  ]) {
    test(`logs its resident in until it is removed, in ${lang}`, async ({ visit, guard }) => {
      guard.allow(/status of 401/); // a passkey that was removed
      const account = server.resident(story);
      const who = await visit(server, { lang, size });
      const { page } = who;
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('WebAuthn.enable');
      const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      const press = (action) => who.form(action).locator('[data-passkey]').click();

      await who.login(account);
      await who.main.locator(`.passkey a[href="${path(lang, 'security')}"]`).click();
      await who.on('security');
      await who.accessible('security');
      await press('/api/passkeys');
      await expect(page.locator('body')).toContainText(sentence(lang, 'done.passkey_added'));
      await who.on('security');
      await expect(who.section('passkeys').locator('.card')).toHaveCount(1);
      await who.accessible('security with a passkey');
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
      expect(credentials).toHaveLength(1);
      expect(JSON.stringify(credentials)).not.toContain(account.id_number);
      expect(JSON.stringify(credentials)).not.toContain(account.name);

      await who.logout();
      await who.open('login', { query: '?next=records' });
      await who.accessible('login');
      await press('/api/passkey/login');
      await who.on('records');

      await who.open('security');
      await who.send('/api/passkeys/remove');
      await expect(page.locator('body')).toContainText(sentence(lang, 'done.passkey_removed'));
      await expect(who.section('passkeys').locator('.card')).toHaveCount(0);
      await who.open('inbox');
      await expect(who.main).toContainText(sentence(lang, 'notice.security.passkey_removed'));

      await who.logout();
      await who.open('login');
      await press('/api/passkey/login');
      await expect(who.main).toContainText(sentence(lang, 'error.passkey_failed'));
      await who.login(account);
    });
  }

  for (const [lang, story, js] of [
    ['en', 'guarantor', true],
    ['zh-CN', 'expired-record', false],
  ]) {
    test(`an authenticator is a second factor, in ${lang}${js ? '' : ', without scripts'}`, async ({ visit }) => {
      const account = server.resident(story);
      const who = await visit(server, { lang, js });
      const { page } = who;
      await who.login(account);
      await who.open('security');
      await who.form('/api/factor').locator('button').click();
      const secret = await page.locator('#secret').textContent();
      if (js) await who.accessible('a new authenticator');
      await page.locator('[name=totp]').fill(totp(secret));
      await who.form('/api/factor/confirm').locator('button').click();
      await expect(page.locator('body')).toContainText(sentence(lang, 'done.factor_added'));
      if (js) await who.accessible('security with a second factor');

      // Another login by the password alone: the code is asked for before the data.
      await who.logout();
      await who.login(account);
      await who.open('confirm', { query: '?next=export' });
      if (js) await who.accessible('the question for the second factor');
      await page.locator('[name=password]').fill(account.password);
      await page.locator('[name=totp]').fill(totp(secret, Date.now() + 30_000));
      await who.form('/api/confirm').locator('button[type=submit], button:not([type])').first().click();
      await who.on('export');
      await who.open('security');
      await who.form('/api/factor/remove').locator('button').click();
      await expect(page.locator('body')).toContainText(sentence(lang, 'done.factor_removed'));
    });
  }

  test('is a second factor for staff, in the place of the code', async ({ visit }) => {
    const account = server.staff('handler');
    const who = await visit(server, { size: 'desk' });
    const { page } = who;
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await who.staffLogin(account);
    await who.open('security');
    await who.form('/api/passkeys').locator('[data-passkey]').click();
    await expect(page.locator('body')).toContainText(sentence('en', 'done.passkey_added'));
    await expect(who.section('passkeys').locator('.card')).toHaveCount(1);
    await who.accessible('security of staff, with a passkey');
    await who.logout();
    await who.open('staff-login');
    await page.locator('[name=login]').fill(account.login);
    await page.locator('[name=password]').fill(account.password);
    await who.accessible('the login of staff');
    await who.form('/api/staff/login').locator('[data-passkey]').click();
    await who.on('queue');
  });

  test('is not spoken of where scripts are off, and nothing happens where the person says no', async ({ visit }) => {
    const plain = await visit(server, { js: false });
    await plain.open('login');
    await expect(plain.main.locator('.passkey')).toBeHidden();
    const who = await visit(server);
    const cdp = await who.page.context().newCDPSession(who.page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: false,
        automaticPresenceSimulation: true,
      },
    });
    await who.open('login');
    const form = who.form('/api/passkey/login');
    await form.locator('[data-passkey]').click();
    await expect(form.locator('[role=status]')).toHaveText(sentence('en', 'login.passkey_failed'));
    await expect(form.locator('[data-passkey]')).toBeEnabled();
  });
});
