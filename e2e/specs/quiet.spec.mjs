import { test, expect } from '../lib/fixtures.mjs';

// A request takes a minute and a half, so that a page has something to watch.
test.use({ serverEnv: { DEMO_CLOCK_SCALE: '960' } });

// lines are how many lines the resident's access log has, without writing one: a page
// that is open may ask so, and its own look is in the log already.
async function lines(person) {
  let n = 0;
  for (let next = 0, size = 0; ; ) {
    const query = next ? `?after=${next}&size=${size}` : '';
    const answer = await person.page.request.get(`/api/access-log/proof${query}`, { headers: { 'Mingjing-Quiet': '1' } });
    expect(answer.status()).toBe(200);
    const proof = await answer.json();
    n += proof.entries.filter((e) => e.role === 'resident').length;
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

test('an access log that is left open is checked once', async ({ ownServer: server, visit }) => {
  test.setTimeout(240_000);
  const resident = await visit(server);
  await resident.login(server.resident('model-resident'));
  let proofs = 0;
  resident.page.context().on('request', (r) => /access-log\/proof/.test(r.url()) && proofs++);
  await resident.open('access-log');
  const panel = resident.page.locator('[data-look-check]');
  await expect(panel).toHaveAttribute('data-look-check', 'good');
  const first = proofs;
  expect(first, 'the first check').toBeGreaterThan(0);
  await resident.page.waitForTimeout(45_000);
  expect(proofs - first, 'questions for a proof afterwards').toBe(0);

  // Once the log has grown it is checked again: agencies are asked, which are lines.
  const asked = await resident.page.request.post('/api/score-requests', { data: { rulebook: 'honest-shanghai', consent: true } });
  expect(asked.status()).toBe(202);
  await expect.poll(() => proofs - first, { timeout: 60_000 }).toBeGreaterThan(0);
  await expect(panel).toHaveAttribute('data-look-check', 'good');
});
