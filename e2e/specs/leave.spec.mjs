import { test, expect } from '../lib/fixtures.mjs';
import { path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

const fast = { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1' };

test.describe('who leaves', () => {
  test.use({ serverEnv: fast });

  for (const [lang, js, story] of [
    ['en', true, 'model-resident'],
    ['zh-CN', false, 'expired-record'],
  ]) {
    test(`sees each step, and nobody can log in any more, in ${lang} with scripts ${js ? 'on' : 'off'}`, async ({ ownServer: server, visit, guard }) => {
      guard.allow(/status of (401|422)/); // refused on purpose
      guard.allow(/WebSocket/); // the session ends
      const account = server.resident(story);
      const resident = await visit(server, { lang, js });
      await resident.login(account);
      await resident.open('consents');
      await resident.main.locator(`a[href="${path(lang, 'leave')}"]`).click();
      await resident.on('leave');
      if (js) await resident.accessible('leaving');
      await resident.send('/api/leave');
      await expect(resident.main).toContainText(sentence(lang, 'error.leave_confirm'));
      await resident.main.locator('#confirm').check();
      await resident.send('/api/leave');
      await expect(async () => {
        await resident.page.reload();
        await expect(resident.main).toContainText(sentence(lang, 'left.done'), { timeout: 1000 });
      }).toPass();
      expect(resident.page.url()).toContain('receipt=');
      if (js) await resident.accessible('left');
      expect(await resident.page.content()).not.toContain(account.name);

      await resident.open('login');
      await resident.main.locator('[name=id_number]').fill(account.id_number);
      await resident.main.locator('[name=password]').fill(account.password);
      await resident.send('/api/login');
      await expect(resident.main).toContainText(sentence(lang, 'error.login_failed'));
      expect(server.readable()).toEqual([]);
    });
  }
});
