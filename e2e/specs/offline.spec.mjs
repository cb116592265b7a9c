import { test, expect } from '../lib/fixtures.mjs';
import { path, routes } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

const disconnected = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_FAILED|WebSocket connection to|Failed to fetch/;

// controlled waits until the service worker serves the page.
async function controlled(person) {
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
}

test('a page says when it is offline and catches up when it is back', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(300_000);
  guard.allow(disconnected);
  const resident = await visit(server);
  await resident.login(server.resident('guarantor'));
  const id = await resident.ask('rongcheng');
  await resident.page.evaluate(() => (window.sameDocument = true));

  await resident.page.context().setOffline(true);
  await expect(resident.page.locator('.live-line.live-offline')).toBeVisible();
  // Meanwhile the score is made; another device would see it.
  await expect
    .poll(async () => (await resident.read(`score-requests/${id}`)).state, { timeout: 150_000, intervals: [500] })
    .toBe('ready');
  await expect(resident.main.locator('a[href*="/score?rulebook="]')).toHaveCount(0);

  await resident.page.context().setOffline(false);
  await expect(resident.page.locator('.live-line.live-offline')).toBeHidden({ timeout: 30_000 });
  await expect(resident.main.locator('a[href*="/score?rulebook="]').first()).toBeVisible({ timeout: 30_000 });
  expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);
});

test('without a connection the app shows its offline page, in the language of the address', async ({ server, visit, guard }) => {
  guard.allow(disconnected);
  for (const lang of ['en', 'zh-CN']) {
    const person = await visit(server, { lang });
    await person.open('home');
    await controlled(person);
    await person.page.reload(); // from here on the worker serves it
    await person.settled();
    await person.page.context().setOffline(true);
    await person.page.goto(path(lang, 'overview'));
    await expect(person.page.locator('html')).toHaveAttribute('lang', lang);
    await expect(person.page.locator('.page-offline')).toBeVisible();
    await expect(person.page.locator('.offline-waits :visible')).toHaveText(sentence(lang, 'offline.waits'));
  }
});

test('no cache holds anything of a person', async ({ server, furnished, visit }) => {
  test.setTimeout(120_000);
  const resident = await visit(server, { state: furnished.resident });
  const personal = routes.filter((r) => r.access !== 'Anyone');
  await resident.open('overview');
  await controlled(resident);
  for (const r of personal.filter((x) => ['Residents', 'Everyone'].includes(x.access))) {
    if (r.path.includes('{id}') && !furnished.ids[r.name]) continue;
    await resident.open(r.name, { id: furnished.ids[r.name], query: furnished.queries[r.name] ?? '' });
  }

  const { name, id_masked: masked } = await resident.read('me');
  const held = await resident.page.evaluate(async () => {
    const all = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        const type = response.headers.get('Content-Type') ?? '';
        all.push({ url: new URL(request.url).pathname, text: /wasm|image|font/.test(type) ? '' : await response.text() });
      }
    }
    return all;
  });
  expect(held.length, 'the worker has cached the app itself').toBeGreaterThan(0);
  const paths = personal.map((r) => new RegExp(`^/[^/]+/${r.path.replace('{id}', '[^/]+')}/?$`));
  for (const { url, text } of held) {
    expect(url, 'a cached address').not.toMatch(/^\/api\//);
    for (const p of paths) expect(url, 'a cached page').not.toMatch(p);
    expect(text.includes(name), `${url} holds the resident's name`).toBe(false);
    if (masked) expect(text.includes(masked), `${url} holds the resident's number`).toBe(false);
  }
  // Nor does anything else that outlives the visit.
  const kept = await resident.page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }));
  expect(kept).not.toContain(name);
});
