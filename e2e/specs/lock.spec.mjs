import { test, expect } from '../lib/fixtures.mjs';
import { languages, path, routes } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

// They need nothing of each other.
test.describe.configure({ mode: 'parallel' });

const disconnected = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_FAILED|ERR_CONNECTION|WebSocket connection to|Failed to fetch/;
// A fetch and a socket say the same of a session that has ended in different words.
const ended = /status of 401|api\/live.* HTTP Authentication failed/;

// lockedPage waits for the page that says nothing of anybody.
async function lockedPage(person) {
  await expect(person.page).toHaveURL(new RegExp(`${path(person.lang, 'locked')}$`));
  await person.on('locked');
  await expect(person.page.locator('details.account')).toHaveCount(0);
}

// nothing fails when a page shows anything of a person, now or at first.
async function nothing(page, words) {
  const text = await page.locator('html').evaluate((e) => e.outerHTML);
  for (const word of words) expect(text.includes(word), `the page shows ${word}`).toBe(false);
}

const wordsOf = async (person) => {
  const { name, id_masked: masked } = await person.read('me');
  return [name, masked];
};

// later has a page believe that so many minutes have passed, and look at its clock.
const later = (page, minutes) =>
  page.evaluate((ms) => {
    const before = Date.now;
    Date.now = () => before() + ms;
    document.dispatchEvent(new Event('visibilitychange'));
  }, minutes * 60_000);

test.describe('a lock by hand', () => {
  const gestures = {
    'the button': (p) => p.form('/api/lock').locator('button').click(),
    'two taps on the bar': async (p) => {
      const { x, y } = await p.page.locator('.header-row').boundingBox();
      await p.page.mouse.dblclick(x + 8, y + 3);
    },
    'Escape twice': async (p) => {
      await p.page.keyboard.press('Escape');
      await p.page.keyboard.press('Escape');
    },
  };
  for (const [how, lock] of Object.entries(gestures)) {
    test(`by ${how} ends the session and leaves nothing to go back to`, async ({ server, visit, guard }) => {
      guard.allow(ended);
      const resident = await visit(server);
      await resident.login(server.resident('model-resident'));
      const words = await wordsOf(resident);
      for (const page of ['records', 'access-log', 'score']) await resident.open(page);
      await lock(resident);
      await lockedPage(resident);
      await nothing(resident.page, words);
      expect(await cookies(resident), 'cookies').toEqual([['device', true, 'Strict']]);
      for (let i = 0; i < 3; i++) {
        await resident.page.goBack({ waitUntil: 'commit' });
        await nothing(resident.page, words);
        await expect(resident.page.locator('h1')).toBeVisible();
        await nothing(resident.page, words);
      }
      // Whoever logs in again begins at the overview.
      await resident.open('locked');
      await resident.main.locator(`a[href="${path('en', 'login')}"]`).click();
      const account = server.resident('model-resident');
      await resident.page.locator('[name=id_number]').fill(account.id_number);
      await resident.page.locator('[name=password]').fill(account.password);
      await resident.send('/api/login');
      await resident.on('overview');
    });
  }

  test('works with scripts off', async ({ server, visit }) => {
    const resident = await visit(server, { js: false, lang: 'zh-CN' });
    await resident.login(server.resident('repair'));
    const words = await wordsOf(resident);
    await resident.open('records');
    await resident.form('/api/lock').locator('button').click();
    await lockedPage(resident);
    for (let i = 0; i < 2; i++) {
      await resident.page.goBack();
      await nothing(resident.page, words);
    }
  });

  test('empties the page at once, also without a connection, and ends the session when there is one', async ({ server, visit, guard }) => {
    guard.allow(disconnected);
    guard.allow(ended);
    const resident = await visit(server);
    await resident.login(server.resident('namesake'));
    const words = await wordsOf(resident);
    await resident.open('records');
    const context = resident.page.context();
    await context.setOffline(true);
    await resident.form('/api/lock').locator('button').click();
    await nothing(resident.page, words);
    await expect(resident.page.locator('body')).toHaveText(sentence('en', 'locked.waiting'));
    await context.setOffline(false);
    await lockedPage(resident);
    expect((await context.request.get('/api/me', { headers: { Accept: 'application/json' } })).status()).toBe(401);
  });

  test('that the server has not heard of holds for the next page too', async ({ server, visit, guard }) => {
    guard.allow(disconnected);
    guard.allow(ended);
    const resident = await visit(server);
    await resident.login(server.resident('namesake'));
    const words = await wordsOf(resident);
    const context = resident.page.context();
    await context.route('**/api/lock', (route) => route.abort());
    await resident.form('/api/lock').locator('button').click();
    await nothing(resident.page, words);
    await resident.page.goto(path('en', 'records'), { waitUntil: 'commit' });
    await expect(resident.page.locator('main')).toHaveCount(0);
    await nothing(resident.page, words);
    await context.unroute('**/api/lock');
    await lockedPage(resident);
    // And it is no lock for ever.
    await resident.login(server.resident('namesake'));
    await resident.open('records');
    await expect(resident.page.locator('details.account')).toHaveCount(1);
  });

  test('locks the other pages of the browser, and so does a log-out', async ({ server, visit, guard }) => {
    guard.allow(ended);
    const resident = await visit(server);
    await resident.login(server.resident('no-notice'));
    const words = await wordsOf(resident);
    const open = async () => {
      const page = await resident.page.context().newPage();
      await page.goto(path('en', 'records'));
      await expect(page.locator('details.account')).toHaveCount(1);
      return page;
    };
    let other = await open();
    await resident.form('/api/lock').locator('button').click();
    await expect(other).toHaveURL(/\/locked$/);
    await nothing(other, words);
    await other.goBack();
    await nothing(other, words);
    await other.close();
    await lockedPage(resident);

    await resident.login(server.resident('no-notice'));
    other = await open();
    await resident.logout();
    await expect(other).toHaveURL(/\/(locked|login)/);
    await nothing(other, words);
  });

  test('is one for staff too', async ({ server, furnished, visit, guard }) => {
    guard.allow(ended);
    const supervisor = await visit(server, { size: 'desk', state: furnished.supervisor });
    await supervisor.open('queue');
    await expect(supervisor.form('/api/lock').locator('button')).toBeVisible();
  });
});

test('after a log-out there is nothing behind the back button without a connection either', async ({ server, visit, guard }) => {
  guard.allow(disconnected);
  guard.allow(ended);
  const resident = await visit(server);
  await resident.login(server.resident('no-notice'));
  const words = await wordsOf(resident);
  for (const page of ['records', 'listings', 'access-log']) await resident.open(page);
  await resident.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await resident.logout();
  await resident.on('home');
  await resident.page.context().setOffline(true);
  for (let i = 0; i < 2; i++) {
    await resident.page.goBack({ waitUntil: 'commit' });
    await nothing(resident.page, words);
    await expect(resident.page.locator('.page-offline')).toBeVisible();
    await nothing(resident.page, words);
  }
});

test.describe('a screen that is left alone', () => {
  test.use({ serverEnv: { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1' } });

  for (const lang of languages) {
    test(`warns, stays open for whoever is there, and locks (${lang})`, async ({ ownServer: server, visit, guard }) => {
      guard.allow(ended);
      guard.allow(disconnected);
      const resident = await visit(server, { lang });
      await resident.login(server.resident('guarantor'));
      const words = await wordsOf(resident);
      await resident.open('records');
      const warning = resident.page.locator('dialog.lock-warning');
      await expect(warning).toBeHidden();
      await later(resident.page, 4.1);
      await expect(warning).toBeVisible();
      await expect(warning).toHaveAttribute('role', 'alertdialog');
      await expect(warning).toContainText(sentence(lang, 'lock.warning_text.other'));
      await expect(warning.locator('button')).toBeFocused();
      await resident.accessible('the warning');
      // Any key keeps it open, and does nothing else.
      await resident.page.keyboard.press('Escape');
      await expect(warning).toBeHidden();
      await later(resident.page, 4.1);
      await expect(warning).toBeVisible();
      await resident.page.touchscreen.tap(200, 20);
      await expect(warning).toBeHidden();
      expect(resident.page.url()).toContain('/records');
      // A page that asks by itself is nobody.
      await later(resident.page, 4.1);
      await expect(warning).toBeVisible();
      await later(resident.page, 1);
      await lockedPage(resident);
      await nothing(resident.page, words);
    });
  }

  test('shows nothing when it is looked at again after too long', async ({ ownServer: server, visit, guard }) => {
    guard.allow(ended);
    guard.allow(disconnected);
    const resident = await visit(server);
    await resident.login(server.resident('guarantor'));
    const words = await wordsOf(resident);
    await resident.open('records');
    const look = (hidden) =>
      resident.page.evaluate((h) => {
        Object.defineProperty(document, 'hidden', { value: h, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
        return [document.body.childElementCount, getComputedStyle(document.body).opacity];
      }, hidden);
    expect(await look(true)).toEqual([expect.any(Number), '0']);
    // Soon after, it is as it was.
    await later(resident.page, 1);
    expect((await look(false))[1]).toBe('1');
    await look(true);
    await later(resident.page, 20); // a phone sleeps without its timers
    expect((await look(false))[0]).toBe(0);
    await lockedPage(resident);
    await nothing(resident.page, words);
  });

  test('is left alone for as long as the resident chose', async ({ ownServer: server, visit, guard }) => {
    guard.allow(ended);
    guard.allow(/status of 422/);
    const resident = await visit(server, { lang: 'zh-CN' });
    await resident.login(server.resident('guarantor'));
    await resident.open('sessions');
    await expect(resident.page.locator('[name=minutes][value="5"]')).toBeChecked();
    await resident.page.locator('[name=minutes][value="15"]').check();
    await resident.send('/api/sessions/lock-after');
    await expect(resident.page.locator('.note-success')).toBeVisible();
    await expect(resident.page.locator('[name=minutes][value="15"]')).toBeChecked();
    // At once, without loading the page again.
    await expect(resident.page.locator('button[data-lock-to]')).toHaveAttribute('data-lock-after', '900');
  });
});

test.describe('the server', () => {
  test.use({ serverEnv: { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1', LOCK_AFTER: '6s' } });

  test('ends a session that nobody uses, with scripts off too', async ({ ownServer: server, visit, guard }) => {
    guard.allow(ended);
    const plain = await visit(server, { js: false });
    await plain.login(server.resident('guarantor'));
    const words = await wordsOf(plain);
    await plain.open('records');
    // What a page asks by itself does not keep it open.
    const quiet = () => plain.page.request.get('/api/me', { headers: { Accept: 'application/json', 'Mingjing-Quiet': '1' } }).then((r) => r.status());
    expect(await quiet()).toBe(200);
    await expect.poll(quiet, { timeout: 30_000 }).toBe(401);
    await plain.page.goto(path('en', 'score'));
    await expect(plain.page.locator('.page-login')).toBeVisible();
    await nothing(plain.page, words);
  });

  test('and the page lock each other in time', async ({ ownServer: server, visit, guard }) => {
    guard.allow(ended);
    guard.allow(disconnected);
    const resident = await visit(server);
    await resident.login(server.resident('guarantor'));
    const warning = resident.page.locator('dialog.lock-warning');
    await expect(warning).toBeVisible();
    await resident.page.keyboard.press('Shift');
    await expect(warning).toBeHidden();
    await expect(warning).toBeVisible();
    await lockedPage(resident);
    expect(await cookies(resident)).toEqual([['device', true, 'Strict']]);
  });
});

test('nothing of a person stays in the browser', async ({ server, furnished, visit }) => {
  test.setTimeout(180_000);
  const resident = await visit(server, { state: furnished.resident });
  const words = await wordsOf(resident);
  const account = server.resident('guarantor');
  const [{ items: records }, { items: listings }, score] = [await resident.read('records'), await resident.read('listings'), await resident.read('score')];
  const texts = JSON.stringify([records, listings]).match(/"(?:number|hash|id)":"[^"]{6,}"/g).map((s) => s.split('"')[3]);
  await resident.open('overview');
  await resident.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  for (const r of routes.filter((x) => ['Residents', 'Everyone'].includes(x.access))) {
    if (r.path.includes('{id}') && !furnished.ids[r.name]) continue;
    await resident.open(r.name, { id: furnished.ids[r.name], query: furnished.queries[r.name] ?? '' });
  }
  const kept = await resident.page.evaluate(async () => {
    const all = { local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie, databases: await indexedDB.databases(), caches: {} };
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const answer = await cache.match(request);
        all.caches[request.url] = /wasm|image|font/.test(answer.headers.get('Content-Type')) ? '' : await answer.text();
      }
    }
    return all;
  });
  expect(Object.keys(kept.caches).length).toBeGreaterThan(0);
  expect(kept.cookies, 'cookies that scripts can read').toBe('');
  expect(kept.databases).toEqual([]);
  const text = JSON.stringify(kept);
  for (const word of [...words, account.id_number, account.name, 'I paid my share', 'I was abroad', ...texts]) {
    expect(text.includes(word), `the browser keeps ${word}`).toBe(false);
  }
  expect(JSON.stringify([kept.local, kept.session])).not.toContain(String(score.value ?? score.score?.value));
  expect(await cookies(resident)).toEqual([
    ['device', true, 'Strict'],
    ['session', true, 'Lax'],
  ]);
});

test('every login is listed with its device and can be ended, one by one or all together', async ({ server, visit, guard }) => {
  test.setTimeout(120_000);
  guard.allow(ended);
  const account = server.resident('silent-agency');
  const phone = await visit(server, { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1' });
  const desk = await visit(server, { size: 'desk', js: false, userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0' });
  await desk.login(account);
  await phone.login(account);
  await phone.open('sessions');
  await expect(phone.section('here')).toContainText('Safari, iPhone');
  await expect(phone.section('here')).toContainText(sentence('en', 'sessions.seen_now'));
  const card = phone.section('others').locator('.card');
  await expect(card).toHaveCount(1);
  await expect(card).toContainText('Firefox, Windows');
  await expect(card).toContainText(sentence('en', 'sessions.seen'));
  await card.locator('form button').click();
  await expect(phone.section('others')).toContainText(sentence('en', 'sessions.only_this'));
  await desk.open('records');
  await desk.on('login');

  await desk.login(account);
  await desk.open('sessions');
  await desk.send('/api/sessions/end-all');
  await desk.on('home');
  await expect(phone.page).toHaveURL(/\/(login|locked)/);
  await phone.open('records');
  await phone.on('login');
});

// cookies returns the cookies of a browser. That of the device, by which the same browser is
// known again at the next login, stays; it has a random number, and nothing of a person.
async function cookies(person) {
  const all = await person.page.context().cookies();
  return all.map((k) => [k.name, k.httpOnly, k.sameSite]).sort();
}
