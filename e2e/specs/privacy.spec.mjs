import { test, expect } from '../lib/fixtures.mjs';
import { idNumber } from '../lib/person.mjs';
import { path } from '../lib/routes.mjs';

test('after logging out, the back button shows nothing of the person', async ({ server, visit, guard }) => {
  guard.allow(/status of 401/);
  const resident = await visit(server);
  const account = server.resident('model-resident');
  await resident.login(account);
  const { name } = await resident.read('me');
  await expect(resident.page.locator('body')).toContainText(name);
  for (const page of ['records', 'access-log', 'sessions']) await resident.open(page);
  await resident.logout();
  // The live stream ends as well, which must not lead away from the confirmation.
  await resident.on('home');
  await expect(resident.page.locator('.note-success')).toBeVisible();
  await expect(resident.page.locator('body')).not.toContainText(name);

  for (let i = 0; i < 4; i++) {
    await resident.page.goBack({ waitUntil: 'load' });
    await resident.settled();
    await expect(resident.page.locator('main')).toBeVisible();
    // Not for a moment either: what is painted first is what the history kept.
    expect(await resident.page.locator('body').textContent()).not.toContain(name);
    await expect(resident.page.locator('details.account')).toHaveCount(0);
  }
});

test('personal pages are never to be stored, and lead to the login when nobody is logged in', async ({ server, furnished, visit, guard }) => {
  guard.allow(/status of 40[13]/);
  const resident = await visit(server, { state: furnished.resident });
  const answer = await resident.open('records');
  expect(answer.headers()['cache-control']).toContain('no-store');
  const stranger = await visit(server);
  await stranger.page.goto(path('en', 'records'));
  await expect(stranger.page.locator('.page-login, .page-error')).toBeVisible();
});

test('a resident has no business at the handlers\u2019 desk, nor with somebody else\u2019s case', async ({ server, furnished, visit, guard }) => {
  guard.allow(/status of 40[34]/);
  const resident = await visit(server, { state: furnished.resident });
  expect([403, 404]).toContain((await resident.page.goto(path('en', 'queue'))).status());
  await expect(resident.page.locator('.page-error')).toBeVisible();
  const other = await visit(server, { state: furnished.blank });
  for (const name of ['dispute', 'request', 'listing']) {
    const { status } = await other.page.request.get(path('en', name, furnished.ids[name])).then((r) => ({ status: r.status() }));
    expect([403, 404], name).toContain(status);
  }
});

test('a wrong password and an unknown number are answered alike, and nothing secret is shown again', async ({ server, visit, guard }) => {
  guard.allow(/status of 4(01|22)/);
  const person = await visit(server);
  const said = [];
  for (const number of [server.resident('namesake').id_number, idNumber('99999919900101987')]) {
    await person.open('login');
    await person.page.locator('[name=id_number]').fill(number);
    await person.page.locator('[name=password]').fill('not the password 1');
    await person.send('/api/login');
    const summary = person.page.locator('#error-summary');
    await expect(summary).toBeVisible();
    // Who mistyped the password need not type the number again.
    await expect.poll(async () => (await person.page.locator('[name=id_number]').inputValue()).replaceAll(' ', '')).toBe(number);
    await expect(person.page.locator('[name=password]')).toHaveValue('');
    said.push(await summary.textContent());
  }
  expect(said[1]).toBe(said[0]);
});

test('a resident activates the account with the code from the letter and logs in', async ({ ownServer: server, visit }) => {
  const account = server.newcomer();
  const person = await visit(server, { lang: 'zh-CN' });
  const password = 'three herons by the pond';
  await person.open('activate');
  await person.page.locator('[name=id_number]').fill(account.id_number.toLowerCase());
  await person.page.locator('[name=code]').fill(account.activation_code);
  await person.page.locator('[name=new_password]').fill(password);
  await person.send('/api/activate');
  await expect(person.page.locator('.page-overview, .page-login')).toBeVisible();
  await person.settled();
  if (await person.page.locator('details.account').count()) await person.logout();
  await person.login({ ...account, password });
});

test('by keyboard alone a resident logs in and asks for a score', async ({ ownServer: server, visit }) => {
  test.setTimeout(120_000);
  const resident = await visit(server);
  const account = server.resident('no-notice');
  const { keyboard } = resident.page;

  await resident.open('login');
  await keyboard.press('Tab');
  expect(await resident.page.evaluate(() => document.activeElement.getAttribute('href')), 'the first stop skips to the content').toBe('#main');
  await resident.tab('[name=id_number]');
  await keyboard.type(account.id_number);
  await resident.tab('[name=password]');
  await keyboard.type(account.password);
  await keyboard.press('Enter');
  await resident.on('overview');

  await resident.tab('a[href$="/ask"]');
  await keyboard.press('Enter');
  await resident.on('ask');
  await resident.tab('[name=rulebook]');
  await keyboard.press('Space');
  await resident.tab('[name=consent]');
  await keyboard.press('Space');
  await resident.tab('form[action="/api/score-requests"] button[type=submit]');
  await keyboard.press('Enter');
  await resident.on('request');
});
