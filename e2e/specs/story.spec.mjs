import { fileURLToPath } from 'node:url';
import { wholeBrowser } from '../playwright.config.mjs';
import { test, expect } from '../lib/fixtures.mjs';
import { pdf, typed } from '../lib/person.mjs';
import { languages, path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

test.use({ launchOptions: wholeBrowser });

// story is the product's main job, from an ID number to a corrected score: the
// resident on a phone, the handler at a desk, each in a browser of their own.
async function story({ server, visit, lang, rulebook }) {
  test.setTimeout(420_000);
  const resident = await visit(server, { lang, size: 'phone' });
  const handler = await visit(server, { lang, size: 'desk' });
  let request, before, listing, dispute;
  const statement = lang === 'en' ? 'I paid my share in full; the receipt is attached.' : '我已全额履行担保责任，附付款凭证。';
  // What the screen says of the score: the value, and the band as a word.
  const shown = async () => ({
    value: Number(await resident.main.locator('.disc:not(.disc-small) .disc-number').textContent()),
    band: (await resident.main.locator('.score-hero .band').textContent()).trim(),
  });

  await test.step('the resident logs in and asks for a score', async () => {
    await resident.login(server.resident('guarantor'));
    request = await resident.ask(rulebook);
  });

  await test.step('watches it being made', async () => {
    const { progress } = await resident.read(`score-requests/${request}`);
    expect(progress.total).toBeGreaterThan(0);
    // The page counts up by itself, more than once, without being read again.
    await resident.page.evaluate(() => (window.sameDocument = true));
    const counted = resident.main.getByRole('progressbar').first();
    const seen = new Set();
    await expect
      .poll(
        async () => {
          const value = await counted
            .evaluate((e) => e.getAttribute('aria-valuenow'), null, { timeout: 1000 })
            .catch(() => null);
          if (value !== null) seen.add(value);
          return seen.size;
        },
        { timeout: 60_000, intervals: [50] },
      )
      .toBeGreaterThan(1);
  });

  await test.step('reads the result, which the phone has checked', async () => {
    const { score, created_at: asked, finished_at: finished } = await resident.ready(request);
    expect(new Date(finished) - new Date(asked), 'milliseconds, agencies that are down included').toBeLessThan(125_000);
    await resident.shown(resident.page.locator('main a[href*="/score?rulebook="]').first());
    expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);
    await resident.main.locator('a[href*="/score?rulebook="]').first().click();
    await resident.on('score');
    await expect(resident.main.locator('[data-verify]')).toHaveAttribute('data-verify', 'same');
    before = await shown();
    expect(before.value).toBe(score.value);
  });

  await test.step('finds the listing among the records held', async () => {
    await resident.open('records');
    await resident.open('listings');
    const { items } = await resident.read('listings');
    listing = items.map((x) => x.listing ?? x).find((l) => l.kind === 'blacklist' && l.state === 'in_effect');
    expect(listing, 'the guarantor is on a blacklist').toBeTruthy();
    await expect(resident.main.locator(`a[href="${path(lang, 'listing', listing.id)}"]`).first()).toBeVisible();
  });

  await test.step('disputes it with the receipt', async () => {
    dispute = await resident.dispute('listing', listing.id, {
      reason: 'already_performed',
      statement,
      evidence: pdf('Receipt'),
    });
    await expect(resident.main).toContainText('receipt.pdf');
    await expect(resident.section('timeline').getByText(sentence(lang, 'timeline.filed'))).toBeVisible();
    await resident.page.evaluate(() => (window.sameDocument = true));
  });

  await test.step('the handler logs in, finds the case in the queue and takes it', async () => {
    await handler.staffLogin(server.staff());
    await handler.page.locator('[name=search]').fill(dispute);
    await handler.page.locator('form[role=search] button[type=submit]').first().click();
    await handler.on('queue');
    await handler.main.locator(`a[href="${path(lang, 'case', dispute)}"]`).first().click();
    await handler.on('case');
    await expect(handler.form(`/api/admin/cases/${dispute}/open`)).toBeVisible();
    await expect(handler.main).not.toContainText('receipt.pdf');
    await handler.accessible('a case that is not opened');
    await handler.fits('a case that is not opened');
    await handler.send(`/api/admin/cases/${dispute}/assign`);
    await expect(handler.form(`/api/admin/cases/${dispute}/ask-agency`)).toBeVisible();
    await expect(handler.main).toContainText('receipt.pdf');
  });

  await test.step('asks the agency, which answers', async () => {
    await handler.send(`/api/admin/cases/${dispute}/ask-agency`);
    for (const person of [handler, resident]) {
      await expect(person.section('timeline').getByText(sentence(lang, 'timeline.agency_asked'))).toBeVisible();
    }
    await expect(handler.section('timeline').getByText(sentence(lang, 'timeline.agency_answered'))).toBeVisible({ timeout: 90_000 });
    await expect(handler.form(`/api/admin/cases/${dispute}/decision`)).toBeVisible();
    await expect(resident.section('timeline').getByText(sentence(lang, 'timeline.agency_answered'))).toBeVisible();
    await expect(resident.section('agency')).toBeVisible();
  });

  await test.step('decides: upheld, with an answer to the receipt', async () => {
    const decision = handler.form(`/api/admin/cases/${dispute}/decision`);
    await decision.locator('[name=outcome][value=upheld]').check();
    const reasons = lang === 'en' ? 'The receipt shows full payment.' : '凭证显示已全额支付。';
    typed.add(reasons);
    await decision.locator('[name=reasons]').fill(reasons);
    await decision.locator('[name^=evidence_answer]:not([type=hidden])').fill(lang === 'en' ? 'Genuine and complete.' : '真实、完整。');
    await handler.send(`/api/admin/cases/${dispute}/decision`);
    await expect(handler.section('decision')).toBeVisible();
  });

  await test.step('the open phone shows it without being read again', async () => {
    await expect(resident.section('decision').getByText(sentence(lang, 'outcome.upheld')).first()).toBeVisible();
    await expect(resident.main).toContainText(lang === 'en' ? 'Genuine and complete.' : '真实、完整。');
    expect(await resident.page.evaluate(() => window.sameDocument), 'the page was not loaded again').toBe(true);
  });

  await test.step('the listing is lifted and the score has changed', async () => {
    const { items } = await resident.read('listings');
    expect(items.map((x) => x.listing ?? x).find((l) => l.id === listing.id).state).toBe('lifted');
    await resident.page.goto(`${path(lang, 'score')}?rulebook=${rulebook}`);
    await resident.on('score');
    await expect(resident.main.locator('[data-verify]')).toHaveAttribute('data-verify', 'same');
    const after = await shown();
    expect(after, 'value or band has changed').not.toEqual(before);
    expect(after.value).toBeGreaterThanOrEqual(before.value);
  });

  await test.step('the access log names the handler', async () => {
    const { name } = await handler.read('me');
    await resident.open('access-log', { query: '?others=1' });
    await expect(resident.main).toContainText(name);
  });

  await test.step('both log out', async () => {
    await resident.logout();
    await handler.logout();
  });

  await test.step('the log has nothing of what was said or who said it', () => {
    const account = server.resident('guarantor');
    for (const secret of [account.id_number, account.password, statement, server.staff().password]) {
      expect(server.log().includes(secret), 'something personal is in the log').toBe(false);
    }
  });
}

test.describe('as a newcomer runs it', () => {
  test.use({ serverEnv: { KRATOS_BIN: fileURLToPath(new URL('../../bin/kratos', import.meta.url)) } });
  const lang = languages[0];
  test(`a guarantor who paid is taken off the list, in ${lang}`, ({ ownServer, visit }) =>
    story({ server: ownServer, visit, lang, rulebook: 'honest-shanghai' }));
});

test.describe('with faster clocks, on PostgreSQL and Redis', () => {
  test.use({ engines: true });
  const lang = languages[1];
  test(`a guarantor who paid is taken off the list, in ${lang}`, ({ ownServer, visit }) =>
    story({ server: ownServer, visit, lang, rulebook: 'rongcheng' }));
});
