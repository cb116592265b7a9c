import { test, expect } from '../lib/fixtures.mjs';

// What a browser says while the server is away.
const away = /ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;

test('a request survives kill -9 of the server in the middle of it', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(300_000);
  guard.allow(away);
  const resident = await visit(server);
  await resident.login(server.resident('guarantor'));
  const id = await resident.ask('rongcheng');
  await resident.page.evaluate(() => (window.sameDocument = true));

  let before;
  await expect
    .poll(
      async () => {
        before = await resident.read(`score-requests/${id}`);
        return before.progress.answered;
      },
      { timeout: 60_000, intervals: [50] },
    )
    .toBeGreaterThan(0);
  expect(before.state, 'it is in the middle').toBe('collecting');

  await server.kill();
  await server.boot();

  const again = await resident.read(`score-requests/${id}`);
  expect(again.progress.answered, 'what had been answered is kept').toBeGreaterThanOrEqual(before.progress.answered);
  const { score } = await resident.ready(id);
  expect(score.value).toBeDefined();

  // The open page found its way back without being loaded again.
  await expect(resident.main.locator('a[href*="/score?rulebook="]').first()).toBeVisible({ timeout: 60_000 });
  expect(await resident.page.evaluate(() => window.sameDocument)).toBe(true);
});

test('a second start keeps everything and a stop is clean', async ({ ownServer: server, visit, guard }) => {
  guard.allow(away);
  test.setTimeout(180_000);
  const resident = await visit(server);
  await resident.login(server.resident('model-resident'));
  // Activation codes are made anew; whoever had a password keeps it.
  const kept = () => server.accounts.filter((a) => a.password);
  const accounts = kept();
  server.child.kill('SIGTERM');
  const [code] = await server.exited;
  expect(code, 'exit status on SIGTERM').toBe(0);

  await server.boot();
  expect(kept()).toEqual(accounts);
  await resident.open('overview');
  await resident.on('overview');
});
