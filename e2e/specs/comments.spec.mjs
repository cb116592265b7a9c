import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, expect } from '../lib/fixtures.mjs';
import { languages } from '../lib/routes.mjs';
import { Server } from '../lib/server.mjs';

const samples = fileURLToPath(new URL('../../web/rulebooks/', import.meta.url));

// draftFolder returns a folder of rulebooks with a draft that can be commented on.
function draftFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'mingjing-e2e-rulebooks-'));
  for (const name of ['honest-shanghai.json', 'rongcheng.json']) cpSync(join(samples, name), join(dir, name));
  const draft = JSON.parse(readFileSync(join(samples, 'rongcheng.json'), 'utf8'));
  Object.assign(draft, { version: '2099.1', from: '2099-06-01', draft: true, why: { en: 'More time.', 'zh-CN': '多给时间。' } });
  draft.procedure.agency_days = 9;
  writeFileSync(join(dir, 'rongcheng-2099.1.json'), JSON.stringify(draft));
  return dir;
}

test('a visitor comments on a draft without scripts, and a supervisor publishes, answers and hides', async ({ visit, guard }) => {
  test.setTimeout(240_000);
  const rulebooks = draftFolder();
  const server = await Server.start({ env: { RULEBOOKS: rulebooks, LOCK_AFTER: '2h' } });
  const people = [];
  const visits = async (how) => people[people.push(await visit(server, how)) - 1];
  try {
    const visitor = await visits({ lang: 'en', js: false });
    await visitor.open('rulebooks');
    await visitor.main.locator('#drafts ~ ul a, section[aria-labelledby="drafts"] a').first().click();
    await visitor.on('rulebook');
    const draft = visitor.page.url().split('/').pop();
    const action = `/api/rulebooks/${draft}/comments`;
    const says = async (words, name = '') => {
      await visitor.open('rulebook', { id: draft });
      await visitor.page.locator('[name=comment]').fill(words);
      await visitor.page.locator('[name=name]').fill(name);
      await visitor.send(action);
    };
    await test.step('what is missing is said, and what was typed stays', async () => {
      guard.allow(/status of 422/);
      await says(' ', 'Wang Fang');
      await expect(visitor.page.locator('#error-summary')).toBeVisible();
      await expect(visitor.page.locator('[name=name]')).toHaveValue('Wang Fang');
    });
    await says('Nine days are fair.', 'Wang Fang');
    await expect(visitor.main).toContainText('We have received your comment');
    await expect(visitor.section('comments')).not.toContainText('Nine days are fair.');

    const supervisor = await visits({ lang: 'en', size: 'desk' });
    await supervisor.staffLogin(server.staff('supervisor'));
    await supervisor.open('comments');
    await expect(supervisor.main.locator('tbody tr')).toHaveCount(1);
    await test.step('the next one shows on the open page by itself', async () => {
      await says('My neighbour owes 500.');
      await expect(supervisor.main.locator('tbody tr')).toHaveCount(2, { timeout: 15_000 });
    });
    await supervisor.accessible('comments that wait', ['light', 'dark']);
    await supervisor.fits('comments that wait');

    await supervisor.main.locator('a.case-link', { hasText: 'Nine days' }).click();
    await supervisor.on('comment');
    await supervisor.accessible('a comment that waits', ['light', 'dark']);
    const id = supervisor.idInPath();
    await supervisor.send(`/api/admin/comments/${id}/publish`);
    await supervisor.page.locator('[name=answer]').fill('We keep the nine days.');
    await supervisor.send(`/api/admin/comments/${id}/answer`);
    await expect(supervisor.section('history').locator('tbody tr')).toHaveCount(2);
    await supervisor.accessible('a published comment');
    await supervisor.fits('a published comment');

    await supervisor.open('comments');
    await supervisor.main.locator('a.case-link').click();
    await supervisor.on('comment');
    const other = supervisor.idInPath();
    await supervisor.send(`/api/admin/comments/${other}/hide`);
    await expect(supervisor.page.locator('#error-summary')).toBeVisible();
    await supervisor.page.locator('[name=reason][value=personal_data]').check();
    await supervisor.send(`/api/admin/comments/${other}/hide`);
    await expect(supervisor.section('history').locator('tbody tr')).toHaveCount(1);

    for (const lang of languages) {
      const reader = await visits({ lang });
      await reader.open('rulebook', { id: draft });
      const comments = reader.section('comments');
      for (const words of ['Wang Fang', 'Nine days are fair.', 'We keep the nine days.']) await expect(comments).toContainText(words);
      await expect(comments).not.toContainText('My neighbour');
      await expect(comments.locator('dl dd').last()).toHaveText('1');
      await reader.accessible(`a draft with comments in ${lang}`, ['light', 'dark']);
      await reader.fits(`a draft with comments in ${lang}`);
    }
  } finally {
    await Promise.all(people.map((p) => p.page.context().close())); // their pages would miss the server
    await server.stop();
    rmSync(rulebooks, { recursive: true });
  }
});
