import { test, expect } from '../lib/fixtures.mjs';
import { pdf } from '../lib/person.mjs';
import { path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

test('with scripts off a resident logs in, asks, reads the result and disputes a listing', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(300_000);
  const lang = 'zh-CN';
  const resident = await visit(server, { lang, js: false });

  await resident.login(server.resident('guarantor'));
  const request = await resident.ask('honest-shanghai');
  const { score } = await resident.ready(request);
  await resident.shown(resident.main.locator('a[href*="/score?rulebook="]').first());
  await resident.main.locator('a[href*="/score?rulebook="]').first().click();
  await resident.on('score');
  await expect(resident.main).toContainText(String(score.value));

  for (const name of ['records', 'sources', 'access-log', 'consents', 'sessions']) {
    expect((await resident.open(name)).status(), name).toBe(200);
    await resident.on(name);
  }

  const { items } = await resident.read('listings');
  const listing = items.map((x) => x.listing ?? x).find((l) => l.kind === 'blacklist');
  await resident.open('listings');
  await resident.main.locator(`a[href="${path(lang, 'listing', listing.id)}"]`).first().click();
  await resident.on('listing');

  await test.step('a form that is filled in wrongly says so and keeps what was typed', async () => {
    guard.allow(/status of 422/);
    await resident.page.goto(`${path(lang, 'new-dispute')}?listing=${listing.id}`);
    await resident.page.locator('[name=statement]').fill('我已全额履行担保责任。');
    await resident.send('/api/disputes');
    await expect(resident.page.locator('#error-summary')).toBeVisible();
    await expect(resident.page.locator('[name=statement]')).toHaveValue('我已全额履行担保责任。');
  });

  await test.step('a button saves what is typed with its files, and Enter never removes one', async () => {
    await resident.page.goto(`${path(lang, 'new-dispute')}?listing=${listing.id}`);
    await resident.page.locator('[name=statement]').fill('写到一半。');
    await resident.page.locator('#evidence').setInputFiles(pdf('Half'));
    await resident.page.locator('[data-draft-save]').click();
    await expect(resident.page.locator('[data-draft-file]')).toHaveCount(1);
    await resident.page.locator('[name=reason]').first().press('Enter');
    await expect(resident.page.locator('#error-summary')).toBeVisible();
    await resident.page.locator('[name=statement]').fill('写得更多。');
    await resident.page.locator('[data-draft-remove]').click();
    await expect(resident.page.locator('[data-draft-file]')).toHaveCount(0);
    await expect(resident.page.locator('[name=statement]')).toHaveValue('写得更多。');
    await resident.open('drafts');
    await expect(resident.main).toContainText('写得更多。');
    await resident.main.locator('form[action$="/discard"] button').click();
    await expect(resident.main).not.toContainText('写得更多。');
  });

  const dispute = await resident.dispute('listing', listing.id, {
    reason: 'already_performed',
    statement: '我已全额履行担保责任。',
    evidence: pdf('Receipt'),
  });
  await expect(resident.main).toContainText('receipt.pdf');
  await resident.open('disputes');
  await expect(resident.main.locator(`a[href="${path(lang, 'dispute', dispute)}"]`).first()).toBeVisible();

  await test.step('the evidence comes back as an attachment, as it was', async () => {
    await resident.open('dispute', { id: dispute });
    const file = await resident.page.request.get(await resident.main.locator('a[href^="/api/evidence/"]').first().getAttribute('href'));
    expect(file.headers()['content-disposition']).toMatch(/^attachment/);
    expect(await file.body()).toEqual(pdf('Receipt').buffer);
  });

  await test.step('a form whose sender nobody can make out comes back with what was typed, and is taken later', async () => {
    guard.allow(/status of 503/);
    const typed = '通知没有送到我这里。';
    const { items: records } = await resident.read('records');
    const context = resident.page.context();
    // Axe needs scripts. The form is sent past the page's program, as it is without.
    const seen = await visit(server, { lang, state: await context.storageState() });
    await seen.page.goto(`${path(lang, 'new-dispute')}?record=${records[0].record?.id ?? records[0].id}`);
    await seen.page.locator('[name=reason][value="wrong_facts"]').check();
    await seen.page.locator('[name=statement]').fill(typed);
    const goOn = server.pauseLogin();
    try {
      // Until the server remembers no more who this is.
      await expect.poll(async () => (await seen.page.request.get('/api/me')).status(), { timeout: 60_000 }).toBe(503);
      await seen.form('/api/disputes').evaluate((form) => form.submit());
      await seen.on('unsent');
    } finally {
      goOn();
    }
    await expect(seen.page.locator('[name=statement]')).toHaveValue(typed);
    await expect(seen.main).toContainText(sentence(lang, 'unsent.files'));
    await seen.accessible('a form that was not taken');
    await seen.fits('a form that was not taken');
    await seen.send('/api/disputes');
    await seen.on('dispute');
    await expect(seen.main).toContainText(typed);
    await seen.page.context().close();
  });

  await resident.logout();
});
