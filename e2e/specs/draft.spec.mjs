import { test, expect } from '../lib/fixtures.mjs';
import { pdf } from '../lib/person.mjs';
import { languages, path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

// png returns a picture of one colour.
const png = {
  name: 'photo.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
};

const saved = (p) => expect(p.page.locator('[data-draft-status]').first()).toContainText(/\d\d:\d\d/);
const statement = (p) => p.page.locator('[name=statement]');

for (const lang of languages) {
  test(`nothing that is typed is lost, in ${lang}`, async ({ server, furnished, visit, guard }) => {
    test.setTimeout(180_000);
    guard.allow(/Failed to load resource|ERR_|WebSocket|status of 4/);
    const other = languages.find((l) => l !== lang);
    const p = await visit(server, { lang });
    await p.login(server.resident('guarantor'));
    const record = furnished.ids.record;
    const form = (l) => `${path(l, 'new-dispute')}?record=${record}`;
    const open = async () => {
      await p.page.goto(form(lang));
      await p.settled();
    };

    await test.step('it is saved while one types, and there after a reload', async () => {
      await open();
      await statement(p).fill('One.');
      await p.page.locator('[name=reason][value=other]').check();
      await saved(p);
      await p.page.reload();
      await p.settled();
      await expect(statement(p)).toHaveValue('One.');
      await expect(p.page.locator('[name=reason][value=other]')).toBeChecked();
    });

    await test.step('a link, Back, a reload and the language switch keep the last key', async () => {
      await statement(p).fill('One, two.');
      await p.page.locator('nav.tabs a[href$="/records"], nav.nav a[href$="/records"]').locator('visible=true').first().click();
      await p.on('records');
      await p.page.goBack();
      await p.on('new-dispute');
      await expect(statement(p)).toHaveValue('One, two.');
      await statement(p).fill('One, two, three.');
      await p.page.reload();
      await p.settled();
      await expect(statement(p)).toHaveValue('One, two, three.');
      await statement(p).fill('One, two, three, four.');
      await p.page.locator('a[hreflang]').first().click();
      await expect(p.page.locator('html')).toHaveAttribute('lang', other);
      await expect(statement(p)).toHaveValue('One, two, three, four.');
      await open();
    });

    await test.step('it is there on another device, and in the list', async () => {
      const second = await visit(server, { lang, state: furnished.resident });
      await second.page.goto(form(lang));
      await expect(statement(second)).toHaveValue('One, two, three, four.');
      await second.open('drafts');
      await expect(second.main).toContainText('One, two, three, four.');
    });

    await test.step('two Escapes ask while something is not saved, and the lock keeps it', async () => {
      let asked = '';
      const answer = (yes) => p.page.once('dialog', (d) => {
        asked = d.message();
        return yes ? d.accept() : d.dismiss();
      });
      await statement(p).fill('Before the lock.');
      answer(false);
      await p.page.keyboard.press('Escape');
      await p.page.keyboard.press('Escape');
      await expect.poll(() => asked).toMatch(sentence(lang, 'lock.ask'));
      await expect(statement(p)).toHaveValue('Before the lock.');
      await p.page.locator('header .brand').dblclick({ noWaitAfter: true });
      await p.on('overview');
      await open();
      await statement(p).fill('Locked away.');
      await p.form('/api/lock').locator('button').click();
      await p.on('locked');
      await p.login(server.resident('guarantor'));
      await open();
      await expect(statement(p)).toHaveValue('Locked away.');
    });

    await test.step('each file is sent at once and once, goes on after a break, and can be removed', async () => {
      let breaks = 1;
      await p.page.route('**/api/drafts/files/*', (route) =>
        route.request().method() === 'PATCH' && breaks-- > 0 ? route.abort('connectionreset') : route.continue());
      await p.page.locator('#evidence').setInputFiles([pdf('Receipt'), png, { name: 'a.docx', mimeType: '', buffer: Buffer.from('PK\x03\x04 word/ ') }]);
      const rows = p.page.locator('[data-draft-uploads] .draft-file');
      await expect(rows).toHaveCount(3);
      await expect(rows.nth(0)).toContainText(sentence(lang, 'keep.ready'), { timeout: 30_000 });
      await expect(rows.nth(0)).toContainText(sentence(lang, 'size.kb')); // not 0 MB
      await expect(rows.nth(1)).toContainText(sentence(lang, 'keep.ready'));
      await expect(rows.nth(1).locator('canvas')).toBeVisible();
      await expect(rows.nth(2).locator('.error')).toContainText(sentence(lang, 'error.evidence_document'));
      await p.accessible('a form with files', ['light', 'dark']);
      await p.fits('a form with files');
      await rows.nth(2).locator('button').click();
      await expect(rows).toHaveCount(2);
      await p.page.reload();
      await p.settled();
      const kept = p.page.locator('[data-draft-file]');
      await expect(kept).toHaveCount(2);
      await expect.poll(() => kept.nth(1).locator('img').evaluate((i) => i.naturalWidth)).toBe(1);
      await p.fits('a form with files that were sent');
      await p.page.screenshot({ path: `out/draft-${lang}.png`, fullPage: true });
      await p.page.setViewportSize({ width: 320, height: 640 });
      await p.page.screenshot({ path: `out/draft-320-${lang}.png`, fullPage: true });
      await p.page.setViewportSize({ width: 390, height: 844 });
      await kept.nth(1).locator('button').click();
      await expect(kept.locator('visible=true')).toHaveCount(1);
    });

    await test.step('it goes when it is discarded', async () => {
      await p.open('drafts');
      await p.accessible('drafts', ['light']);
      await p.page.screenshot({ path: `out/drafts-${lang}.png`, fullPage: true });
      const mine = p.main.locator('li', { hasText: 'Locked away.' });
      await mine.locator('form button').click();
      await expect(mine).toHaveCount(0);
    });
  });
}

test('a password can be shown, and an ID number is set in groups and kept after a wrong password', async ({ server, visit, guard }) => {
  guard.allow(/status of 401/);
  const p = await visit(server);
  await p.open('login');
  const number = server.resident('guarantor').id_number;
  await p.page.locator('[name=id_number]').pressSequentially(number);
  const grouped = [number.slice(0, 6), number.slice(6, 14), number.slice(14)].join(' ');
  await expect(p.page.locator('[name=id_number]')).toHaveValue(grouped);
  await p.page.locator('[name=password]').fill('wrong password');
  await p.page.locator('[data-show-password]').click();
  await expect(p.page.locator('[name=password]')).toHaveAttribute('type', 'text');
  await p.fits('login');
  await p.accessible('login', ['light']);
  await p.page.screenshot({ path: 'out/login.png', fullPage: true });
  await p.send('/api/login');
  await expect(p.page.locator('#error-summary')).toBeVisible();
  await expect(p.page.locator('[name=id_number]')).toHaveValue(grouped);
  await expect(p.page.locator('[name=password]')).toHaveValue('');
});
