import { test, expect } from '../lib/fixtures.mjs';

// A request takes a minute and a half, so that a page has something to watch.
test.use({ serverEnv: { DEMO_CLOCK_SCALE: '960' } });

// lines are how many lines of their own the resident's access log has, without writing one: a page
// that is open may ask so, and its own look is in the log already.
async function lines(person) {
  let n = 0;
  for (let next = 0, size = 0; ; ) {
    const query = next ? `?after=${next}&size=${size}` : '';
    const answer = await person.page.request.get(`/api/access-log/proof${query}`, { headers: { 'Mingjing-Quiet': '1' } });
    expect(answer.status()).toBe(200);
    const proof = await answer.json();
    n += proof.entries.filter((entry) => entry.role === 'resident').length;
    if (!proof.next) return n;
    [next, size] = [proof.next, Number(proof.checkpoint.split('\n')[1])];
  }
}

test('a request that is watched for a minute is one line of the log at most', async ({ ownServer: server, visit }) => {
  test.setTimeout(240_000);
  const resident = await visit(server);
  await resident.login(server.resident('silent-agency'));
  await resident.ask('honest-shanghai');
  let asked = 0;
  resident.page.on('request', (r) => /\/requests\//.test(r.url()) && asked++);
  await lines(resident); // it may write one itself, once
  const before = await lines(resident);
  await resident.page.waitForTimeout(60_000);
  expect(asked, 'the page was alive').toBeGreaterThan(3);
  expect((await lines(resident)) - before, 'lines of the resident').toBeLessThanOrEqual(1);
});

test('an access log that is left open is checked once, and again when it has grown', async ({ ownServer: server, visit }) => {
  test.setTimeout(300_000);
  const resident = await visit(server);
  await resident.login(server.resident('silent-agency'));
  // A check is of what the page shows, so that there is one for each list that it has shown.
  let views = 0;
  let checks = 0;
  const shown = new Set();
  resident.page.context().on('response', async (r) => {
    if (/access-log\/proof/.test(r.url())) checks++;
    if (!r.url().endsWith('/en/access-log') || !/mingjing/.test(r.headers()['content-type'])) return;
    views++;
    shown.add(await r.json().then((view) => JSON.stringify(view.data.looks)));
  });
  await resident.ask('honest-shanghai');
  await resident.open('access-log');
  const panel = resident.page.locator('[data-look-check]');
  await expect(panel).toHaveAttribute('data-look-check', 'good');
  expect(checks, 'the first check').toBeGreaterThan(0);
  const before = views;
  await resident.page.waitForTimeout(45_000);
  expect(views - before, 'the page was alive').toBeGreaterThan(3);
  await expect.poll(() => 1 + shown.size, 'lists that were shown').toBeGreaterThanOrEqual(checks);

  // The score is a line, and a notice another.
  const since = checks;
  await expect.poll(() => checks, { timeout: 120_000 }).toBeGreaterThan(since);
  await expect(panel).toHaveAttribute('data-look-check', 'good');
  await expect.poll(() => 1 + shown.size, 'lists that were shown').toBeGreaterThanOrEqual(checks);
});
