import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, expect } from '../lib/fixtures.mjs';
import { activate, checkCharacter, password, pdfText } from '../lib/opening.mjs';
import { Server } from '../lib/server.mjs';
import { totp } from '../lib/totp.mjs';

// A city without the demo: an empty folder, the command, and two people.
test('a city opens: setup, the first administrator, and a handler who reaches the desk', async ({ visit, guard }) => {
  test.setTimeout(180_000);
  const agencies = join(tmpdir(), `mingjing-e2e-agencies-${process.pid}.json`);
  writeFileSync(agencies, '{}');
  let said = '';
  const server = await Server.start({
    env: { DEMO: '0', AGENCIES: agencies, LOCK_AFTER: '2h' },
    before: async (s) => {
      said = await s.command('setup', '--number', 'adm-1', '--name', 'Zhao Min');
    },
  });
  try {
    const code = said.match(/^code +(\S+)$/m)[1];
    const administrator = await visit(server, { lang: 'en', size: 'desk' });
    await test.step('the administrator sets up the login', async () => {
      const { recovery } = await activate(administrator, 'adm-1', code, guard);
      expect(recovery).toHaveLength(10);
      await administrator.page.locator('main .actions a').click();
      await administrator.on('staff');
      await administrator.accessible('the list of staff');
    });

    // Without scripts, and in the other language.
    const handler = await visit(server, { lang: 'zh-CN', size: 'desk', js: false });
    await test.step('the administrator adds a handler, who sets up the login without scripts', async () => {
      const page = administrator.page;
      await page.locator('[name=login]').fill('h-1');
      await page.locator('[name=name]').fill('Shen Mo');
      await page.locator('[name=role][value=handler]').check();
      await administrator.send('/api/admin/staff');
      await expect(page.locator('#one-time-code')).toBeVisible();
      await administrator.accessible('a one-time code');
      const theirs = await page.locator('#one-time-code').innerText();
      const { secret } = await activate(handler, 'h-1', theirs);
      await handler.page.locator('main .actions a').click();
      await handler.on('queue');
      guard.allow(/status of 403/);
      expect((await handler.open('staff')).status(), 'the list of staff, for a handler').toBe(403);
      await handler.open('queue');
      await handler.logout();
      await handler.open('staff-login');
      await handler.page.locator('[name=login]').fill('h-1');
      await handler.page.locator('[name=password]').fill(password);
      await handler.page.locator('[name=totp]').fill(totp(secret, Date.now() + 30_000)); // the next one is good already
      await handler.send('/api/staff/login');
      await handler.on('queue');
    });

    await test.step('a resident of a file activates by the code of the letter', async () => {
      const number = '99999919800101001' + checkCharacter('99999919800101001');
      const code = await letterCode(server, `${number},Lin Jing,en,"1 River Road\nHuangpu"\n1,Nobody,en,\n`);
      const resident = await visit(server, { lang: 'en', js: false });
      await resident.open('activate');
      await resident.page.locator('[name=id_number]').fill(number);
      await resident.page.locator('[name=code]').fill(code);
      await resident.page.locator('[name=new_password]').fill(password);
      await resident.send('/api/activate');
      await resident.on('overview');
      await resident.logout();
      await resident.login({ id_number: number, password });
      await resident.on('overview');
    });

    await test.step('what a command changes shows on the open list by itself, and leaves a code that is shown once', async () => {
      const page = administrator.page;
      const read = page.waitForResponse((r) => r.request().method() === 'GET' && r.url().endsWith('/admin/staff'));
      await server.command('staff', 'add', 'h-2', '--name', 'Luo Wenbo', '--role', 'handler');
      await read;
      await expect(page.locator('#one-time-code')).toBeVisible();
      await administrator.open('staff');
      await expect(administrator.main.locator('tbody tr')).toHaveCount(3);
      await server.command('staff', 'link', 'h-2', '--id-number', '999999198001011233');
      await expect(administrator.main.locator('tbody tr', { hasText: 'h-2' })).not.toContainText('Not known', { timeout: 15_000 });
    });

    await test.step('who is disabled is out within seconds', async () => {
      await administrator.open('staff-member', { id: 'h-1' });
      await administrator.accessible('a member of staff');
      await administrator.send('/api/admin/staff/h-1/disable');
      await expect(administrator.main).toContainText('Enable again');
      await expect
        .poll(async () => (await handler.page.request.get('/api/me')).status(), { timeout: 15_000 })
        .toBe(401);
      await administrator.open('staff-register');
      await administrator.on('staff-register');
      await expect(administrator.main.locator('tbody tr')).toHaveCount(7);
      await administrator.accessible('the staff register');
    });
    expect(await server.command('setup')).toContain('nothing was changed');
    await administrator.page.context().close(); // its page would miss the server
  } finally {
    await server.stop();
    rmSync(agencies);
  }
});

// letterCode enrols the people of rows, of which the last is wrong, and returns the code of
// the one letter.
async function letterCode(server, rows) {
  const dir = mkdtempSync(join(tmpdir(), 'mingjing-e2e-letters-'));
  try {
    const file = join(dir, 'residents.csv');
    writeFileSync(file, 'id_number,name,language,address\n' + rows);
    const wrong = await server.command('resident', 'enrol', file).catch((e) => e); // it exits with 3
    expect(wrong.code).toBe(3);
    expect(wrong.stdout).toMatch(/^line 4\t.*id_number_length/m);
    expect(wrong.stdout).toMatch(/^enrolled +1$/m);
    server.settings.PUBLIC_ORIGIN = server.url;
    expect(await server.command('resident', 'letters', '--out', join(dir, 'out'))).toMatch(/^letters +1$/m);
    const [name] = readdirSync(join(dir, 'out'));
    return pdfText(readFileSync(join(dir, 'out', name))).match(/\d{4}-\d{4}-\d{4}/)[0];
  } finally {
    rmSync(dir, { recursive: true });
  }
}
