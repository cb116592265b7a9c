import { readFile } from 'node:fs/promises';
import { test, expect } from '../lib/fixtures.mjs';
import { pdf } from '../lib/person.mjs';
import { path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';
import { unzip } from '../lib/zip.mjs';

const fast = { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1' };
const file = 'a[href^="/api/export/file"]';

// download presses the button and unpacks what the browser keeps.
async function download(person) {
  const [got] = await Promise.all([person.page.waitForEvent('download'), person.main.locator(file).click()]);
  expect(got.suggestedFilename()).toMatch(/^mingjing-\d{4}-\d\d-\d\d\.zip$/);
  return unzip(await readFile(await got.path()));
}

const post = (person, what, data) =>
  person.page.request.post(`/api/${what}`, { data, headers: { Accept: 'application/json' } }).then((r) => expect(r.ok(), what).toBe(true));

test.describe('what a resident takes along', () => {
  test.use({ serverEnv: fast });

  test('is made while they watch, is everything, and is nobody else’s', async ({ ownServer: server, visit }) => {
    test.setTimeout(240_000);
    const lang = 'en';
    const account = server.resident('guarantor');
    const resident = await visit(server, { lang });
    await resident.login(account);
    await resident.ready(await resident.ask('honest-shanghai'));
    const { items } = await resident.read('listings');
    const dispute = await resident.dispute('listing', items[0].id, {
      reason: 'already_performed',
      statement: 'I paid my share in full.',
      evidence: pdf('Receipt'),
    });

    await resident.open('overview');
    await resident.main.locator(`a[href="${path(lang, 'export')}"]`).first().click();
    await resident.on('export');
    await resident.accessible('export, before');
    await resident.page.evaluate(() => (window.sameDocument = true));
    const shown = [];
    await resident.page.exposeFunction('saw', (text) => shown.push(text));
    await resident.page.evaluate(() =>
      new MutationObserver(() => {
        const bar = document.querySelector('[role=progressbar]');
        if (bar) window.saw(bar.getAttribute('aria-valuetext'));
      }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true }),
    );
    // It may be made before a busy phone has looked: then it is made once more.
    await expect(async () => {
      const remove = resident.form('/api/export/delete');
      if (await remove.count()) {
        await remove.locator('button').click();
        await expect(remove).toHaveCount(0);
      }
      await resident.form('/api/export').locator('button').click();
      await expect(resident.main.locator(file)).toBeVisible({ timeout: 60_000 });
      expect(shown.join('\n')).toContain('%');
    }).toPass({ timeout: 120_000 });
    expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);
    await resident.accessible('export, ready');

    const files = await download(resident);
    const all = JSON.parse(files['export.json']);
    expect(all.identity.id_number).toBe(account.id_number);
    expect(all.scores[0].explanation.length).toBeGreaterThan(0);
    expect(all.disputes.find((d) => d.id === dispute).statement).toBe('I paid my share in full.');
    expect(all.access_log.at(-1)).toMatchObject({ role: 'system', action: 'export' });
    expect(files['export.pdf'].subarray(0, 5).toString()).toBe('%PDF-');
    expect(JSON.parse(files['export.schema.json']).$schema).toContain('2020-12');
    const evidence = all.disputes.find((d) => d.id === dispute).files[0];
    expect(files[evidence.path]).toEqual(pdf('Receipt').buffer);

    await test.step('it is in the log and in the inbox', async () => {
      await resident.open('access-log');
      await expect(resident.main).toContainText(sentence(lang, 'look.export_file'));
      await resident.open('inbox');
      await expect(resident.main).toContainText(sentence(lang, 'notice.export_ready'));
    });

    await test.step('another resident has none', async () => {
      const other = await visit(server, { lang });
      await other.login(server.resident('namesake'));
      expect((await other.page.request.get('/api/export/file')).status()).toBe(404);
      await other.open('export');
      await expect(other.main.locator(file)).toHaveCount(0);
    });
  });
});

test.describe('after a day', () => {
  test.use({ serverEnv: { DEMO_CLOCK_SCALE: '1', DEMO_INSTANT: '1' } }); // so that a day is one

  test('the file is gone, before their eyes', async ({ ownServer: server, visit }) => {
    test.setTimeout(180_000);
    const resident = await visit(server, {});
    await resident.login(server.resident('guarantor'));
    await resident.open('export');
    await resident.send('/api/export');
    await expect(resident.main.locator(file)).toBeVisible({ timeout: 60_000 });
    const handler = await visit(server, { size: 'desk' });
    await handler.staffLogin(server.staff());
    await post(handler, 'admin/demo-clock', { step: 'day' });
    await expect(resident.main.locator(file)).toHaveCount(0, { timeout: 60_000 });
    await expect(resident.form('/api/export')).toBeVisible();
    expect((await resident.page.request.get('/api/export/file')).status()).toBe(404);
  });
});

test.describe('a login that is not fresh', () => {
  // Some seconds, so that it need not be waited for; and enough for what follows the password.
  test.use({ serverEnv: { ...fast, FRESH_LOGIN: '20s' } });

  for (const js of [false, true]) {
    test(`gives the password first, and comes back, with scripts ${js ? 'on' : 'off'}`, async ({ ownServer: server, visit, guard }) => {
      test.setTimeout(240_000);
      guard.allow(/status of 422/);
      const lang = js ? 'en' : 'zh-CN';
      const account = server.resident('guarantor');
      const resident = await visit(server, { lang, js });
      await resident.login(account);
      await resident.open('export');
      const make = resident.form('/api/export').locator('button');
      await expect(make).toBeVisible();
      await expect
        .poll(async () => (await resident.read('export')).fresh, { timeout: 60_000, intervals: [1000] })
        .toBe(false);
      await make.click(); // of the page as it was
      await resident.on('confirm');
      await expect(resident.main).toContainText(account.name);
      if (js) await resident.accessible('confirm');
      await resident.page.locator('[name=password]').fill('not the password');
      await resident.send('/api/confirm');
      await expect(resident.page.locator('#error-summary')).toBeVisible();
      await expect(resident.page.locator('[name=password]')).toHaveValue('');
      await resident.page.locator('[name=password]').fill(account.password);
      await resident.send('/api/confirm');
      await resident.on('export');
      await make.click();
      await resident.shown(resident.main.locator(file), { timeout: 60_000 });
      const files = await download(resident);
      expect(JSON.parse(files['export.json'])).toMatchObject({ lang, identity: { name: account.name } });
      await resident.send('/api/export/delete');
      await expect(resident.main.locator(file)).toHaveCount(0);
    });
  }
});
