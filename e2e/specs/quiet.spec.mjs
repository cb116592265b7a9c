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
  // How long the log was at each check. A log that has not grown is never checked again.
  let views = 0;
  const checked = [];
  resident.page.context().on('request', (r) => r.url().endsWith('/en/access-log') && views++);
  resident.page.context().on('response', async (r) => {
    if (!/access-log\/proof/.test(r.url())) return;
    const at = checked.push(0) - 1;
    checked[at] = await r.json().then((proof) => Number(proof.checkpoint.split('\n')[1]), () => 0);
  });
  await resident.ask('honest-shanghai');
  await resident.open('access-log');
  const panel = resident.page.locator('[data-look-check]');
  await expect(panel).toHaveAttribute('data-look-check', 'good');
  const first = views;
  await resident.page.waitForTimeout(45_000);
  expect(views - first, 'the page was alive').toBeGreaterThan(3);

  // The score is a line, and a notice another.
  const before = checked.length;
  await expect.poll(() => checked.length, { timeout: 120_000 }).toBeGreaterThan(before);
  await expect(panel).toHaveAttribute('data-look-check', 'good');
  await expect.poll(() => checked.includes(0), 'sizes that were read').toBe(false);
  expect(checked, 'each check is of a longer log').toEqual([...new Set(checked)].sort((a, b) => a - b));
});
