import { test, expect } from '../lib/fixtures.mjs';
import { languages } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

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

// translate does to a page what a browser's translator does: it puts elements of its own
// in the place of every text.
const translate = (page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const font = document.createElement('font');
      font.textContent = text.nodeValue.toUpperCase();
      text.replaceWith(font);
    }
  });

test('what if is tried on the device and sent nowhere, also on a translated page', async ({ server, furnished, visit }) => {
  const resident = await visit(server, { state: furnished.resident });
  await resident.open('score', { query: furnished.queries.score });
  await expect(resident.main.locator('[data-verify]')).toHaveAttribute('data-verify', 'same');
  const asked = [];
  resident.page.on('request', (r) => asked.push(`${r.method()} ${new URL(r.url()).pathname}`));
  const trial = resident.main.locator('[data-what-if]');
  await translate(resident.page);
  await trial.locator('button').first().click();
  // The page was made anew, and says what is true; the person goes on.
  await expect(resident.main.locator('h1')).toHaveText(/Your score/);
  await expect(resident.main.locator('font')).toHaveCount(0);
  await expect(resident.main.locator('[data-verify]')).toHaveAttribute('data-verify', 'same');
  if ((await trial.getAttribute('data-what-if')) === 'start') await trial.locator('button').first().click();
  await expect(trial).toHaveAttribute('data-what-if', 'ready');
  const value = trial.locator('.disc-number');
  const now = await value.textContent();
  await trial.locator('input[type=checkbox]').first().check();
  await expect(value).not.toHaveText(now);
  await trial.locator('input[type=checkbox]').first().uncheck();
  await expect(value).toHaveText(now);
  await trial.locator('#what-if-new').selectOption('award.city');
  await trial.getByRole('button', { name: 'Add it' }).click();
  await expect(value).toHaveText(String(Number(now) + 30));
  expect(asked.filter((a) => !/^GET (\/web\/rulebooks\/\w+\.json|\/api\/(records|listings))$/.test(a))).toEqual([]);
  await resident.accessible('what if');
  await resident.fits('what if');
});

for (const lang of languages) {
  test(`rulebooks are compared on the device, and a move says what changes, in ${lang}`, async ({ server, furnished, visit }) => {
    const resident = await visit(server, { lang, state: furnished.resident });
    const asked = [];
    resident.page.on('request', (r) => asked.push(`${r.method()} ${new URL(r.url()).pathname}`));
    await resident.open('compare');
    const compared = resident.main.locator('[data-compare]');
    await expect(compared).toHaveAttribute('data-compare', 'ready');
    await expect(compared.locator('.card')).toHaveCount(8);
    const sent = asked.filter((a) => !a.startsWith('GET ') || /score-requests|disputes/.test(a));
    expect(sent, 'nothing is sent').toEqual([]);

    // Each is on its own scale, and Rongcheng's is the score that the server made.
    const [rongchengName, debtsName] = lang === 'en' ? ['Rongcheng credit points', 'Debts and bills only'] : ['荣成信用积分', '只看债务、账单和归还'];
    const rongcheng = compared.locator('.card', { hasText: rongchengName });
    const value = await rongcheng.locator('.disc-number').textContent();
    const said = resident.main.locator('[data-move]');
    await compared.locator('[name=compare-to]').selectOption({ label: rongchengName });
    await expect(said).toHaveAttribute('data-move', 'honest-shanghai rongcheng');
    await expect(said).toContainText(value);
    await compared.locator('[name=compare-from]').selectOption({ label: rongchengName });
    await expect(said).toContainText(sentence(lang, 'compare.same'));
    await compared.locator('[name=compare-to]').selectOption({ label: debtsName });
    await expect(said).toContainText(sentence(lang, 'compare.nothing'));
    await resident.accessible('the comparison');
    await resident.fits('the comparison');

    await resident.open('score', { query: furnished.queries.score });
    const made = await resident.main.locator('.score-hero .disc-number').textContent();
    expect(value, 'the score that the server made').toBe(made);
  });
}

test('a stranger tries a rulebook without an account', async ({ server, visit }) => {
  const stranger = await visit(server, { lang: 'zh-CN', timezoneId: 'America/New_York' });
  await stranger.open('rulebook', { id: 'rongcheng' });
  await expect(stranger.page.locator('.zone-note')).toContainText('UTC+8');
  await stranger.main.locator('a[href$="/try"]').click();
  await stranger.on('try');
  const trial = stranger.main.locator('[data-what-if]');
  await trial.locator('button').first().click();
  await expect(trial.locator('.disc-number')).toHaveText('1000');
  await trial.locator('#what-if-new').selectOption('award.city');
  await trial.getByRole('button', { name: '加入' }).click();
  await expect(trial.locator('.disc-number')).toHaveText('1030');
  await expect(stranger.page.locator('.zone-note')).toBeVisible();
  await stranger.accessible('a rulebook that is tried');
  await stranger.fits('a rulebook that is tried');
});

test('a browser without storage runs the program, and the log check says that nothing is kept', async ({ server, furnished, visit }) => {
  for (const storage of ['throws', 'null']) {
    const resident = await visit(server, { state: furnished.resident });
    await resident.page.context().addInitScript((how) => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {
          get() {
            if (how === 'throws') throw new DOMException('no storage', 'SecurityError');
            return null;
          },
        });
      }
    }, storage);
    await resident.open('access-log');
    await expect(resident.page.locator('.zone-note')).toBeHidden();
    await expect(resident.page.locator('[data-look-check]')).toHaveAttribute('data-look-check', 'good');
    await expect(resident.page.locator('[data-kept]')).toHaveAttribute('data-kept', 'false');
  }
});
