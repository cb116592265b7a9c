import { test, expect } from '../lib/fixtures.mjs';

// loads notes which of the browser's programs the pages of somebody ask for.
function loads(person) {
  const all = new Set();
  person.page.context().on('request', (r) => {
    const program = new URL(r.url()).pathname.match(/^\/web\/(\w+)\.wasm$/);
    if (program) all.add(program[1]);
  });
  return all;
}

// kept are the programs and sentences that the service worker keeps.
function kept(person) {
  return person.page.evaluate(async () => {
    const paths = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname);
    }
    return paths.filter((p) => /\.wasm$|\/i18n\//.test(p)).sort();
  });
}

test('each person loads the program of their own pages, and none for a plain page', async ({ server, furnished, visit }) => {
  const stranger = await visit(server);
  const asked = loads(stranger);
  for (const page of ['home', 'rulebooks', 'agencies', 'check-us', 'no-score']) {
    await stranger.open(page);
    await expect(stranger.page.locator('html')).not.toHaveAttribute('data-program');
  }
  expect([...asked]).toEqual([]);

  const resident = await visit(server, { lang: 'zh-CN' });
  const ofResident = loads(resident);
  await resident.login(server.resident('model-resident'));
  await expect.poll(() => kept(resident)).toEqual(['/web/app.wasm', '/web/i18n/zh-CN.json']);
  // From a living page to a plain one and back are whole loads.
  await resident.page.evaluate(() => (window.sameDocument = true));
  await resident.page.locator('footer a[href$="/rulebooks"]').click();
  await resident.on('rulebooks');
  expect(await resident.page.evaluate(() => window.sameDocument)).toBeUndefined();
  await resident.page.goBack();
  await resident.on('overview');
  expect([...ofResident]).toEqual(['app']);

  const handler = await visit(server, { size: 'desk', state: furnished.handler });
  const ofHandler = loads(handler);
  await handler.open('queue');
  await handler.page.locator('nav a[href$="/admin/inquiries"]').click();
  await handler.on('inquiries');
  await expect.poll(() => kept(handler)).toEqual(['/web/desk.wasm', '/web/i18n/en.json']);
  expect([...ofHandler]).toEqual(['desk']);
});

test('what was done to a page before its program was there stays, and so does the focus', async ({ server, furnished, visit, guard }) => {
  const resident = await visit(server, { state: furnished.resident, serviceWorkers: 'block' });
  guard.allow(/service worker/i);
  let arrive;
  const arrived = new Promise((done) => (arrive = done));
  await resident.page.route('**/web/app.wasm*', async (route) => {
    await arrived;
    await route.continue();
  });
  await resident.page.goto(`/en/disputes/new${furnished.queries['new-dispute']}`);
  const statement = resident.page.locator('[name=statement]');
  await resident.page.locator('[name=reason][value=wrong_facts]').check();
  await statement.pressSequentially('It was another day.');
  await statement.evaluate((e) => e.setSelectionRange(3, 6));
  await statement.evaluate((e) => (e.ofTheServer = true));
  arrive();
  await resident.settled();
  expect(await statement.evaluate((e) => e.ofTheServer), 'the page is the program\'s own').toBeUndefined();
  await expect(statement).toHaveValue('It was another day.');
  await expect(statement).toBeFocused();
  expect(await statement.evaluate((e) => [e.selectionStart, e.selectionEnd])).toEqual([3, 6]);
  await expect(resident.page.locator('[name=reason][value=wrong_facts]')).toBeChecked();
});

test('where the sentences cannot be fetched the page stays the one of the server, and works', async ({ server, furnished, visit, guard }) => {
  guard.allow(/i18n/);
  guard.allow(/ERR_FAILED/);
  const resident = await visit(server, { state: furnished.resident, serviceWorkers: 'block' });
  guard.allow(/service worker/i);
  await resident.page.route('**/web/i18n/**', (route) => route.abort());
  await resident.page.goto('/en/overview', { waitUntil: 'networkidle' });
  expect(await resident.page.evaluate(() => performance.getEntriesByName('mounted').length)).toBe(0);
  await resident.page.locator('.tabs a[href$="/records"]').click();
  await expect(resident.page.locator('.page-records h1')).toBeVisible();
});

test('a program whose start takes many tasks checks the log all the same', async ({ server, furnished, visit, guard }) => {
  const resident = await visit(server, { state: furnished.resident, serviceWorkers: 'block' });
  guard.allow(/service worker/i);
  // With a coarse clock the runtime goes to sleep whenever it may, not only now and then.
  await resident.page.context().route('**/wasm_exec.js*', async (route) => {
    const answer = await route.fetch();
    const coarse = 'const now = performance.now.bind(performance); performance.now = () => Math.floor(now() / 50) * 50;';
    await route.fulfill({ response: answer, body: `{ ${coarse} }\n${await answer.text()}` });
  });
  await resident.open('access-log');
  await expect(resident.page.locator('[data-look-check]')).toHaveAttribute('data-look-check', 'good');
});

test('where the program that checks the log cannot be fetched the page says so, and offers to try again', async ({ server, furnished, visit, guard }) => {
  guard.allow(/ERR_FAILED/);
  const resident = await visit(server, { state: furnished.resident, serviceWorkers: 'block' });
  guard.allow(/service worker/i);
  const program = '**/web/check.wasm*';
  await resident.page.context().route(program, (route) => route.abort());
  await resident.open('access-log');
  const panel = resident.page.locator('[data-look-check]');
  await expect(panel).toHaveAttribute('data-look-check', 'unloaded');
  await expect(panel).toHaveAttribute('class', 'verify');
  await resident.page.context().unroute(program);
  await panel.locator('button').click();
  await expect(panel).toHaveAttribute('data-look-check', 'good');
});
