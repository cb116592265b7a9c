import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test, expect } from '../lib/fixtures.mjs';
import { path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

test.use({ serverEnv: { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1' } });

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

// share fills in the form and returns the link, which is shown once.
async function share(resident, purpose, more = async () => {}) {
  await resident.open('shares');
  await resident.main.locator(`a[href="${path(resident.lang, 'new-share')}"]`).click();
  await resident.on('new-share');
  await resident.page.locator('[name=purpose]').fill(purpose);
  await resident.page.locator('[name=views]').fill('3');
  await resident.page.locator('[name=ends]').fill(day(2));
  await more();
  await resident.send('/api/shares');
  await expect(resident.main.locator('.share-url')).toBeVisible();
  return resident.main.locator('.share-url').textContent();
}

test('a resident shares the band, sees live who looks, and revokes it', async ({ ownServer: server, visit, guard }, info) => {
  test.setTimeout(240_000);
  const lang = 'en';
  const resident = await visit(server, { lang });
  await resident.login(server.resident('guarantor'));
  await resident.ready(await resident.ask('honest-shanghai'));
  const link = await share(resident, 'Renting a flat');
  await resident.accessible('the link that was made');
  await expect(resident.main.locator('svg.qr')).toBeVisible();

  // What is shown once stays while news comes in.
  const other = await visit(server, { lang });
  await other.page.goto(link);
  await other.on('recipient');
  await expect(other.main).not.toContainText('Renting a flat');
  await other.page.locator('[name=who]').fill('Landlord & Co.');
  await other.send(`/api/s/${link.split('/').pop()}`);
  await expect(other.main.locator('.share-statement')).toContainText('Renting a flat');
  await expect(other.main.locator('.statement-band svg')).toBeVisible();
  await other.accessible('the statement');
  await expect(resident.page.locator('.inbox-link')).toContainText('2 unread');
  await expect(resident.main.locator('.share-url')).toHaveText(link);

  await test.step('the file holds without any server', async () => {
    const [file] = await Promise.all([other.page.waitForEvent('download'), other.main.locator('a[download]').click()]);
    const saved = info.outputPath('statement.sd-jwt');
    await file.saveAs(saved);
    const keys = info.outputPath('keys.json');
    writeFileSync(keys, await (await other.page.request.get('/.well-known/jwt-vc-issuer')).text());
    const said = execFileSync('../bin/mingjing', ['statement', 'verify', saved, '--key', keys]).toString();
    expect(said).toContain('holds');
    expect(said).toContain('Renting a flat');
  });

  await resident.open('shares');
  const card = resident.section('active').locator('.card');
  await expect(card).toContainText('Landlord & Co.');
  await resident.page.evaluate(() => (window.sameDocument = true));
  const again = await visit(server, { lang });
  await again.page.goto(link);
  await again.settled();
  await again.page.locator('[name=who]').fill('Bank');
  await again.send(`/api/s/${link.split('/').pop()}`);
  await expect(card).toContainText('Bank'); // by itself
  expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);
  await resident.accessible('shares');

  await card.locator('form button').click();
  await expect(resident.section('past').locator('.card')).toContainText(sentence(lang, 'share_state.revoked'));
  guard.allow(/status of 404/);
  await again.page.goto(link);
  await again.on('error');
  await expect(again.main).toContainText(sentence(lang, 'error.share_over'));
  await again.accessible('a link that is over');
});

test('with scripts off a resident shares, a recipient looks, and both pages work', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(240_000);
  const lang = 'zh-CN';
  const resident = await visit(server, { lang, js: false });
  await resident.login(server.resident('guarantor'));
  await resident.ready(await resident.ask('honest-shanghai'));
  guard.allow(/status of 422/);
  const link = await share(resident, '租房', async () => {
    await resident.page.locator('[name=fields][value=band]').uncheck();
    await resident.send('/api/shares');
    await expect(resident.page.locator('#error-summary')).toContainText(sentence(lang, 'error.share_fields'));
    await expect(resident.page.locator('[name=purpose]')).toHaveValue('租房');
    await resident.page.locator('[name=fields][value=value]').check();
  });
  const other = await visit(server, { lang, js: false });
  await other.page.goto(link);
  await other.page.locator('[name=who]').fill('房东');
  await other.send(`/api/s/${link.split('/').pop()}`);
  await expect(other.main.locator('.share-statement')).toContainText('租房');
  await expect(other.main.locator('.statement-band')).toHaveCount(0);
  await resident.open('shares');
  await expect(resident.section('active')).toContainText('房东');
  await resident.section('active').locator('form button').click();
  guard.allow(/status of 404/);
  await other.page.goto(link);
  await expect(other.main).toContainText(sentence(lang, 'error.share_over'));
});
