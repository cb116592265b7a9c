import { generateKeyPairSync } from 'node:crypto';
import { wholeBrowser } from '../playwright.config.mjs';
import { test as base, expect } from '../lib/fixtures.mjs';
import { Mailbox, PushService } from '../lib/outside.mjs';
import { languages, path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

const test = base.extend({
  mailbox: async ({}, use) => {
    const m = await Mailbox.start();
    await use(m);
    m.stop();
  },
  pushService: async ({}, use) => {
    const p = await PushService.start();
    await use(p);
    p.stop();
  },
  serverEnv: async ({ mailbox }, use) =>
    use({
      DEMO_CLOCK_SCALE: '2880',
      DEMO_INSTANT: '1',
      SMTP_URL: mailbox.url,
      MAIL_FROM: 'Mingjing <no-reply@mirror.example>',
      PUSH_LOCAL: '1',
    }),
});

// Only the whole browser shows notifications.
test.use({ launchOptions: wholeBrowser });

const post = (person, what, data) =>
  person.page.request.post(`/api/${what}`, { data, headers: { Accept: 'application/json' } }).then((r) => expect(r.ok(), what).toBe(true));

test('a notice comes into the open inbox by itself, is counted, opened and marked', async ({ ownServer: server, visit }) => {
  test.setTimeout(180_000);
  const lang = 'en';
  const resident = await visit(server, { lang });
  await resident.login(server.resident('guarantor'));
  const count = resident.page.locator('.inbox-link');
  await expect(count).toHaveText(sentence(lang, 'inbox.none_unread'));
  await resident.open('inbox');
  await expect(resident.main).toContainText(sentence(lang, 'inbox.empty_title'));

  await resident.page.evaluate(() => (window.sameDocument = true));
  await post(resident, 'score-requests', { rulebook: 'honest-shanghai', consent: true });
  const unread = resident.main.locator('.notice-unread');
  await expect(unread).toHaveCount(1, { timeout: 60_000 });
  expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);
  await expect(unread).toContainText(sentence(lang, 'notice.score_ready'));
  await expect(unread).toContainText(sentence(lang, 'inbox.unread'));
  await expect(count).toContainText('1 unread');
  await resident.accessible('notices');

  await unread.locator('button').click();
  await resident.on('request');
  await expect(count).toContainText(sentence(lang, 'inbox.none_unread'));
  expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);

  await post(resident, 'score-requests', { rulebook: 'rongcheng', consent: true });
  await expect(count).toContainText('1 unread', { timeout: 60_000 });
  await resident.open('inbox');
  await resident.send('/api/notices/read');
  await expect(resident.main.locator('.note-success')).toBeVisible();
  await expect(resident.main.locator('.notice')).toHaveCount(2);
  await expect(unread).toHaveCount(0);
});

test('with scripts off the settings work, and an address is confirmed by a code', async ({ ownServer: server, mailbox, visit, guard }) => {
  test.setTimeout(180_000);
  const lang = 'zh-CN';
  const resident = await visit(server, { lang, js: false });
  await resident.login(server.resident('guarantor'));
  await resident.page.locator('.inbox-link').click();
  await resident.on('inbox');
  await resident.main.locator(`a[href="${path(lang, 'notice-settings')}"]`).click();
  await resident.on('notice-settings');
  await expect(resident.section('push-devices')).toContainText(sentence(lang, 'settings.push_scripts'));

  const kind = (name) => resident.main.locator(`[name=kinds][value=${name}]`);
  await expect(kind('listing_served')).toBeChecked();
  await expect(kind('listing_served')).toBeDisabled();
  await kind('score_ready').uncheck();
  await resident.send('/api/notice-settings');
  await expect(resident.main.locator('.note-success')).toBeVisible();
  await expect(kind('score_ready')).not.toBeChecked();
  await expect(kind('case_decided')).toBeChecked();

  guard.allow(/status of 422/);
  await resident.page.locator('[name=email]').fill('lin@mail');
  await resident.send('/api/notice-settings/email');
  await expect(resident.page.locator('#email-error')).toHaveText(sentence(lang, 'error.email_invalid'));
  await resident.page.locator('[name=email]').fill('lin.xiaoyu@mail.example');
  await resident.send('/api/notice-settings/email');
  await expect.poll(() => mailbox.letters.length).toBe(1);
  await resident.page.locator('[name=email_code]').fill('1');
  await resident.send('/api/notice-settings/email/confirm');
  await expect(resident.page.locator('#email_code-error')).toBeVisible();
  const letter = mailbox.letters[0].split('\r\n\r\n').slice(1).join('\n');
  const text = /base64/.test(mailbox.letters[0]) ? Buffer.from(letter, 'base64').toString() : letter;
  await resident.page.locator('[name=email_code]').fill(text.match(/\b\d{8}\b/)[0]);
  await resident.send('/api/notice-settings/email/confirm');
  await expect(resident.section('mail-address')).toContainText('l•••@mail.example');
  await expect(resident.section('mail-address')).not.toContainText('xiaoyu');
  await resident.send('/api/notice-settings/email/remove');
  await expect(resident.main).not.toContainText('mail.example');
  expect(server.log()).not.toContain('xiaoyu');
});

test('a device gets sealed push messages until its log-out', async ({ ownServer: server, pushService, visit }) => {
  test.setTimeout(180_000);
  const resident = await visit(server);
  const context = resident.page.context();
  await context.grantPermissions(['notifications']);
  // The browser's own push service is not reached from here; this one is on this
  // machine, and everything else is as it is.
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  await context.addInitScript(
    ({ endpoint, p256dh }) => {
      if (!window.PushManager) return;
      const subscription = {
        endpoint,
        toJSON: () => ({ endpoint, keys: { p256dh, auth: 'AAAAAAAAAAAAAAAAAAAAAA' } }),
        unsubscribe: async () => localStorage.removeItem('subscribed') ?? true,
      };
      PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
        if (!userVisibleOnly || applicationServerKey.length !== 87) throw new Error('not as a browser wants it');
        localStorage.setItem('subscribed', '1');
        return subscription;
      };
      PushManager.prototype.getSubscription = async () => (localStorage.getItem('subscribed') ? subscription : null);
    },
    { endpoint: `${pushService.url}/send`, p256dh: point.toString('base64url') },
  );
  await resident.login(server.resident('guarantor'));
  await resident.open('notice-settings');
  await resident.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await resident.page.locator('.push-add').click();
  await expect(resident.section('push-devices').locator('.card')).toHaveCount(1);
  await resident.accessible('notices');

  await post(resident, 'score-requests', { rulebook: 'honest-shanghai', consent: true });
  await expect.poll(() => pushService.messages.length, { timeout: 60_000 }).toBe(1);
  const { headers, body } = pushService.messages[0];
  expect(headers['content-encoding']).toBe('aes128gcm');
  expect(headers.authorization).toMatch(/^vapid t=/);
  expect(body.includes('score')).toBe(false);

  // The log-out takes the device away, whichever login had added it.
  await resident.logout();
  await resident.on('home');
  expect(await resident.page.evaluate(() => localStorage.getItem('subscribed'))).toBe(null);
  await resident.login(server.resident('guarantor'));
  await resident.open('notice-settings');
  await expect(resident.section('push-devices').locator('.card')).toHaveCount(0);
});

test('a push message shows a neutral sentence, or the kind where that is wanted', async ({ ownServer: server, visit }) => {
  test.setTimeout(180_000);
  const resident = await visit(server);
  const context = resident.page.context();
  await context.grantPermissions(['notifications']);
  await resident.login(server.resident('guarantor'));
  await resident.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const cdp = await context.newCDPSession(resident.page);
  let registrationId;
  cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => (registrationId = registrations.at(-1)?.registrationId ?? registrationId));
  await cdp.send('ServiceWorker.enable');
  await expect.poll(() => registrationId).toBeTruthy();
  const shown = () =>
    resident.page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => [n.body, n.lang]));
  for (const [data, key, lang] of [
    ['{"lang":"en"}', 'push.neutral', 'en'],
    ['{"lang":"zh-CN","kind":"listing_served"}', 'notice.listing_served', 'zh-CN'],
    ['{"lang":"en","kind":"constructor"}', 'push.neutral', 'en'],
    ['{"lang":"zh-CN"}', 'push.neutral', 'zh-CN'],
    ['not one of ours', 'push.neutral', null],
  ]) {
    // The browser loses a message to a worker that it is just starting; one that
    // comes twice is one notification.
    await expect(async () => {
      await cdp.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data });
      await expect.poll(async () => (await shown()).map(([body, l]) => l + body).join(), { timeout: 4000 }).toMatch(
        new RegExp(`^(${(lang ? [lang] : languages).map((l) => l + sentence(l, key).source).join('|')})$`),
      );
    }).toPass({ timeout: 40_000 });
  }
});
