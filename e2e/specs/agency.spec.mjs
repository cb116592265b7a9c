import { test as base, expect } from '../lib/fixtures.mjs';
import { pdf } from '../lib/person.mjs';
import { languages } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

const test = base.extend({ serverEnv: async ({}, use) => use({ DEMO_INSTANT: '1' }) });

// officer is the one of the agency that never answers by itself.
const officerOf = (server) => server.accounts.find((a) => a.role === 'agency' && a.agency === 'metro');

async function post(person, what, data = {}) {
  const r = await person.page.request.post(`/api/${what}`, { data, headers: { Accept: 'application/json' } });
  expect(r.ok(), `${what}: ${r.status()} ${await r.text()}`).toBe(true);
  return r.json();
}

const stays = (person) => person.page.evaluate(() => window.sameDocument === true);
const mark = (person) => person.page.evaluate(() => (window.sameDocument = true));

test('an officer answers a question with a document, and the resident sees it and the receipt by themselves', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(300_000);
  const lang = 'en';
  const resident = await visit(server, { lang });
  await resident.login(server.resident('silent-agency'));
  const asked = await post(resident, 'score-requests', { rulebook: 'honest-shanghai', consent: true });
  await resident.ready(asked.id);
  const record = (await resident.read('records')).items.find((r) => r.agency === 'metro');
  const filed = await resident.page.request.post('/api/disputes', {
    multipart: { record_id: record.id, reason: 'wrong_facts', statement: 'I had a ticket.', evidence: pdf('Ticket') },
    headers: { Accept: 'application/json' },
  });
  expect(filed.status()).toBe(201);
  const { id } = await filed.json();
  const handler = await visit(server, { lang, size: 'desk' });
  await handler.staffLogin(server.staff());
  await post(handler, `admin/cases/${id}/assign`);

  const officer = await visit(server, { lang, size: 'desk' });
  await officer.staffLogin(officerOf(server));
  await expect(officer.main).toContainText(sentence(lang, 'agencyside.none_title'));
  await officer.accessible('an officer’s page');
  await mark(officer);
  await post(handler, `admin/cases/${id}/ask-agency`);
  const row = officer.main.locator('a.case-link');
  await expect(row).toHaveCount(1, { timeout: 20_000 });
  expect(await stays(officer)).toBe(true);
  await officer.accessible('an officer’s page');

  await resident.open('dispute', { id });
  await mark(resident);
  await row.click();
  await officer.on('agency-question');
  await expect(officer.main).toContainText('I had a ticket.');
  await officer.accessible('an officer’s page');
  const download = officer.page.waitForEvent('download');
  await officer.main.locator('a.paper-name').click();
  await download;
  await expect(resident.main.locator('.opened li')).toContainText('顾南', { timeout: 20_000 });
  await expect(officer.main.locator('.opened li')).toHaveCount(1, { timeout: 20_000 });

  guard.allow(/status of 422/);
  await officer.send(`/api/agency/questions/${id}/answer`);
  await expect(officer.main.locator('.error-summary')).toBeVisible();
  await officer.accessible('an officer’s page');
  await officer.page.locator('[name=position][value=maintained]').check();
  await officer.page.locator('[name=text_zh]').fill('当日闸机无刷卡记录。');
  await officer.page.locator('[name=text_en]').fill('The gates have no record of a ticket that day.');
  await officer.page.locator('#evidence').setInputFiles(pdf('Gates'));
  await officer.send(`/api/agency/questions/${id}/answer`);
  await officer.on('agency-questions');
  await expect(officer.main.locator('.note-success')).toContainText(sentence(lang, 'done.question_answered'));
  await expect(officer.main).toContainText(sentence(lang, 'agencyside.none_title'));

  await expect(resident.main).toContainText('The gates have no record of a ticket that day.', { timeout: 20_000 });
  await expect(resident.main.locator('.answer-document a.paper-name')).toContainText('.pdf');
  expect(await stays(resident)).toBe(true);
  await resident.accessible('the resident’s page');
  await handler.open('case', { id });
  await expect(handler.main.locator('.answer-document a.paper-name')).toBeVisible();
  await expect(handler.main.locator('.opened li')).toHaveCount(1);

  await resident.open('access-log', { query: '?others=1' });
  await expect(resident.main).toContainText(sentence(lang, 'look.question'));
  await expect(resident.main).toContainText('上海申通地铁集团有限公司 顾南');

  for (const l of languages) {
    officer.lang = l;
    await officer.open('agency-records');
    await expect(officer.main.locator('tbody tr').first()).toBeVisible();
    await officer.accessible('an officer’s page');
    const ref = await officer.main.locator('tbody code').first().textContent();
    await officer.page.locator('[name=ref]').fill(ref);
    await officer.page.locator('form[role=search] button[type=submit]').click();
    await expect(officer.main.locator('tbody tr')).toHaveCount(1);
    await expect(officer.main.locator('tbody')).toContainText(server.resident('silent-agency').name);
    await officer.accessible('an officer’s page');
    await officer.open('agency-question', { id });
    await expect(officer.main.locator('.answer-document a.paper-name')).toBeVisible();
    await officer.accessible('an officer’s page');
  }
});

for (const js of [true, false]) {
  test(`an officer makes a key, sees its secret once, replaces and revokes it${js ? '' : ', with scripts off'}`, async ({ ownServer: server, visit }) => {
    const lang = js ? 'en' : 'zh-CN';
    const officer = await visit(server, { lang, size: 'desk', js });
    const accessible = (what) => js && officer.accessible(what); // axe is a script
    await officer.staffLogin(officerOf(server));
    await officer.open('agency-keys');
    await expect(officer.main).toContainText(sentence(lang, 'keys.none_title'));
    await accessible('the page of keys');
    await officer.page.locator('[name=use][value=submit]').check();
    await officer.send('/api/agency/keys');
    const secret = officer.page.locator('#key-secret');
    await expect(secret).toHaveText(/^[0-9a-f]{64}$/);
    const first = await officer.page.locator('#key-id').textContent();
    const once = await secret.textContent();
    await accessible('the page of a new key');
    await officer.open('agency-keys');
    await expect(officer.main).toContainText(first);
    expect(await officer.page.content()).not.toContain(once);
    await officer.page.locator(`form[action$="/${first}/rotate"] select`).selectOption('30');
    await officer.send(`/api/agency/keys/${first}/rotate`);
    await expect(secret).toHaveText(/^[0-9a-f]{64}$/);
    expect(await secret.textContent()).not.toBe(once);
    const next = await officer.page.locator('#key-id').textContent();
    await officer.open('agency-keys');
    await expect(officer.main.locator('tbody tr')).toHaveCount(2);
    await expect(officer.main.locator('tr', { hasText: first })).toContainText(sentence(lang, 'key_state.ending'));
    await expect(officer.form(`/api/agency/keys/${first}/rotate`)).toHaveCount(0);
    await accessible('the page of keys');
    await officer.send(`/api/agency/keys/${first}/revoke`);
    await expect(officer.main.locator('.note-success')).toContainText(sentence(lang, 'done.key_revoked'));
    await expect(officer.main.locator('tr', { hasText: first })).toContainText(sentence(lang, 'key_state.revoked'));
    await expect(officer.main.locator('tr', { hasText: next })).toContainText(sentence(lang, 'key_state.good'));
  });
}
