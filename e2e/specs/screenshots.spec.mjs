import { test, expect } from '../lib/fixtures.mjs';

// The README's pictures; `make screenshots` takes them.
const folder = new URL('../screenshots/', import.meta.url).pathname;

async function picture(person, name) {
  await person.page.evaluate(() => document.fonts.ready.then(() => scrollTo(0, 0)));
  await person.page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled', caret: 'hide', scale: 'css' });
}

test('pictures for the README', async ({ server, furnished, visit }) => {
  test.setTimeout(240_000);
  for (const [lang, colorScheme] of [
    ['zh-CN', 'light'],
    ['en', 'dark'],
  ]) {
    const resident = await visit(server, { lang, state: furnished.resident, colorScheme });
    for (const name of ['overview', 'score', 'records', 'dispute', 'access-log']) {
      await resident.open(name, { id: furnished.ids[name], query: furnished.queries[name] ?? '' });
      if (name === 'score') await expect(resident.main.locator('[data-verify=same]')).toBeVisible();
      await picture(resident, `${name}-${lang}`);
    }
  }
  const handler = await visit(server, { lang: 'en', size: 'desk', state: furnished.handler });
  for (const name of ['queue', 'case']) {
    await handler.open(name, { id: furnished.ids[name] });
    await picture(handler, `${name}-en`);
  }
  const asking = await visit(server, { lang: 'zh-CN', state: furnished.blank });
  const id = await asking.ask('honest-shanghai');
  await expect.poll(async () => (await asking.read(`score-requests/${id}`)).progress.answered, { timeout: 60_000 }).toBeGreaterThan(20);
  await picture(asking, 'request-zh-CN');
});
