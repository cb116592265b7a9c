import { test as base, expect } from '../lib/fixtures.mjs';
import { languages, path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

const test = base.extend({ serverEnv: async ({}, use) => use({ DEMO_INSTANT: '1' }) });

async function post(person, what, data = {}) {
  const r = await person.page.request.post(`/api/${what}`, { data, headers: { Accept: 'application/json' } });
  expect(r.ok(), `${what}: ${r.status()} ${await r.text()}`).toBe(true);
  return r.json();
}

const stays = (person) => person.page.evaluate(() => window.sameDocument === true);
const mark = (person) => person.page.evaluate(() => (window.sameDocument = true));

test('a resident asks why a handler looked, and reads the answer in the log by itself', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(300_000);
  const lang = 'en';
  const account = server.resident('no-notice');
  const resident = await visit(server, { lang });
  await resident.login(account);
  const handler = await visit(server, { lang, size: 'desk' });
  await handler.staffLogin(server.staff());
  await handler.open('inquiries');
  await expect(handler.main).toContainText(sentence(lang, 'inquiry.none_title'));
  await mark(handler);

  // The demo city has one look to try it with: at a counter where nobody was.
  await resident.open('access-log', { query: '?others=1' });
  await resident.accessible('the access log');
  await expect(resident.form('/api/inquiries')).toHaveCount(1);
  await resident.send('/api/inquiries');
  await expect(resident.main.locator('.note-success')).toContainText(sentence(lang, 'done.inquiry_asked'));
  expect(resident.page.url()).toContain('others=1');
  const line = resident.main.locator('.why').last();
  await expect(line).toContainText(sentence(lang, 'inquiry_state.asked'));
  await resident.accessible('the access log with an inquiry');
  await mark(resident);

  const row = handler.main.locator('a.case-link');
  await expect(row).toHaveCount(1, { timeout: 20_000 });
  expect(await stays(handler)).toBe(true);
  await expect(handler.main).not.toContainText(account.name);
  await handler.accessible('the inquiries');
  await row.click();
  await handler.on('inquiry-answer');
  await handler.accessible('an inquiry');
  guard.allow(/status of 422/);
  const { id } = (await resident.read('inquiries')).items[0];
  await handler.send(`/api/admin/inquiries/${id}/answer`);
  await expect(handler.main.locator('.error-summary')).toBeVisible();
  await handler.page.locator('[name=explanation]').fill('Somebody of the same name was at the counter.');
  await handler.send(`/api/admin/inquiries/${id}/answer`);
  await handler.on('inquiries');
  await expect(handler.main.locator('.note-success')).toContainText(sentence(lang, 'done.inquiry_answered'));

  await expect(line).toContainText('Somebody of the same name', { timeout: 20_000 });
  expect(await stays(resident)).toBe(true);
  await resident.accessible('the access log with an answer');
  await line.locator('a').click();
  await resident.on('inquiry');
  await resident.accessible('an inquiry of one’s own');
  await resident.main.locator('button[name=satisfied][value=no]').click();
  await expect(resident.main.locator('.note-success')).toContainText(sentence(lang, 'done.inquiry_judged'));
  await expect(resident.main).toContainText(sentence(lang, 'inquiry_state.escalated'));

  await test.step('the auditor finds that there was no good reason', async () => {
    const auditor = await visit(server, { lang, size: 'desk' });
    await auditor.staffLogin(server.staff('auditor'));
    await auditor.open('inquiry-answer', { id });
    await auditor.accessible('a finding');
    await auditor.page.locator('[name=outcome][value=unfounded]').check();
    await auditor.page.locator('[name=explanation]').fill('The number was typed in for no case at all.');
    await auditor.send(`/api/admin/inquiries/${id}/answer`);
    await expect(resident.main).toContainText(sentence(lang, 'inquiry.apology'), { timeout: 20_000 });
    await resident.accessible('an apology');
  });

  await test.step('an agency answers for its officer', async () => {
    const asked = await post(resident, 'score-requests', { rulebook: 'honest-shanghai', consent: true });
    await resident.ready(asked.id);
    const officer = await visit(server, { lang, size: 'desk' });
    await officer.staffLogin(server.accounts.find((a) => a.agency === 'court'));
    const { ref } = (await officer.read('agency/records')).items[0];
    await officer.read(`agency/records?ref=${encodeURIComponent(ref)}`);
    const look = (await resident.read('access-log?others=1')).items.find((l) => l.by === 'court');
    const theirs = await post(resident, 'inquiries', { seq: look.seq });
    for (const l of languages) {
      officer.lang = l;
      await officer.open('agency-inquiries');
      await expect(officer.main.locator(`a[href="${path(l, 'agency-inquiry', theirs.id)}"]`)).toBeVisible();
      await officer.accessible('the inquiries of an agency');
      await officer.open('agency-inquiry', { id: theirs.id });
      await officer.accessible('an inquiry of an agency');
    }
    await officer.page.locator('[name=explanation]').fill('为办理该名单的核对所需。经办后未作他用。');
    await officer.send(`/api/agency/inquiries/${theirs.id}/answer`);
    await officer.on('agency-inquiries');
  });
});

test('with scripts off a resident asks why, adds a word and reads the answer', async ({ ownServer: server, visit }) => {
  test.setTimeout(200_000);
  const lang = 'zh-CN';
  const resident = await visit(server, { lang, js: false });
  await resident.login(server.resident('no-notice'));
  await resident.open('access-log', { query: '?others=1' });
  await resident.send('/api/inquiries');
  await resident.on('access-log');
  await expect(resident.main).toContainText(sentence(lang, 'done.inquiry_asked'));
  await resident.main.locator('.why a').click();
  await resident.on('inquiry');
  const id = resident.idInPath();
  await resident.page.locator('[name=question]').fill('我那天没有去过窗口。');
  await resident.send(`/api/inquiries/${id}/question`);
  await expect(resident.main).toContainText('我那天没有去过窗口。');
  const handler = await visit(server, { lang, size: 'desk' });
  await handler.staffLogin(server.staff());
  await post(handler, `admin/inquiries/${id}/answer`, { explanation: '当时窗口有同名居民前来办理。' });
  await resident.shown(resident.main.getByText('当时窗口有同名居民前来办理。'));
  await resident.open('access-log', { query: '?others=1' });
  await expect(resident.main.locator('.why').last()).toContainText('当时窗口有同名居民前来办理。');
});
