import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, expect } from '../lib/fixtures.mjs';
import { activate, checkCharacter, pdfText, password } from '../lib/opening.mjs';
import { pdf, typed } from '../lib/person.mjs';
import { freePort, Server } from '../lib/server.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const mingjing = join(root, 'bin/mingjing');

// The whole life of a city without the demo, by the commands and pages of the README and of
// docs/: it opens, its people come, somebody is scored and put right, its law changes,
// somebody leaves, and it is put back elsewhere.
test('a city opens, works, changes its law, and is put back elsewhere', async ({ visit, guard }) => {
  test.setTimeout(300_000);
  const dir = mkdtempSync(join(tmpdir(), 'mingjing-e2e-city-'));
  const number = idNumber(7);
  const agencies = { traffic: await freePort(), volunteers: await freePort() };
  const book = harbour(dir);
  writeFileSync(join(dir, 'agencies.json'), JSON.stringify(Object.fromEntries(Object.entries(agencies).map(([a, port]) => [a, `http://127.0.0.1:${port}`]))));
  const env = { DEMO: '0', AGENCIES: join(dir, 'agencies.json'), RULEBOOKS: join(dir, 'rulebooks'), LOCK_AFTER: '2h', COUNTER: 'Harbour Square 1' };
  const mocks = [];
  const codes = {};
  let server;
  let elsewhere;
  try {
    server = await Server.start({
      env,
      before: async (s) => {
        expect(await refused(s, 'setup', '--number', 'adm 1', '--name', 'Zhao Min')).toMatch(/number/);
        codes['adm-1'] = (await s.command('setup', '--number', 'adm-1', '--name', 'Zhao Min')).match(/^code +(\S+)$/m)[1];
      },
    });
    const administrator = await visit(server, { lang: 'en', size: 'desk' });
    const desk = {};

    await test.step('the administrator adds a handler, a supervisor and an officer, and each activates', async () => {
      await activate(administrator, 'adm-1', codes['adm-1']);
      for (const [login, name, role] of [
        ['h-1', 'Shen Mo', 'handler'],
        ['s-1', 'Luo Wenbo', 'supervisor'],
        ['o-1', 'Gu Nan', 'agency'],
      ]) {
        await administrator.open('staff');
        const form = administrator.form('/api/admin/staff');
        await form.locator('[name=login]').fill(login);
        await form.locator('[name=name]').fill(name);
        await form.locator(`[name=role][value=${role}]`).check();
        if (role === 'agency') await form.locator('[name=agency]').selectOption('traffic');
        await administrator.send('/api/admin/staff');
        const code = await administrator.page.locator('#one-time-code').innerText();
        desk[login] = await visit(server, { lang: 'en', size: 'desk' });
        await activate(desk[login], login, code);
        await desk[login].page.locator('main .actions a').click();
        await desk[login].on(role === 'agency' ? 'agency-questions' : 'queue');
      }
    });

    await test.step('two agencies connect, each with a key for being asked', async () => {
      for (const [agency, port] of Object.entries(agencies)) {
        const keys = join(dir, `${agency}.keys`);
        await server.command('agency', 'key', 'add', agency, '--ask', '--out', keys);
        writeFileSync(join(dir, `${agency}.json`), JSON.stringify(held(agency, number)));
        mocks.push(await mock(keys, join(dir, `${agency}.json`), port));
      }
      const kit = await server.command('agency', 'check', `http://127.0.0.1:${agencies.traffic}`, '--keys', join(dir, 'traffic.keys'), '--agency', 'traffic', '--person', number, '--name', 'Resident 7');
      expect(kit).not.toMatch(/^broken/m);
    });

    await test.step('a thousand residents are enrolled from a file with three bad lines', async () => {
      const rows = Array.from({ length: 1000 }, (_, n) => `${idNumber(n)},Resident ${n},en,${n === 7 ? '"1 River Road\nHarbour"' : ''}`);
      rows.splice(500, 0, '999999198001011239,Wrong check,en,', `${idNumber(2000)},,en,`, '12345,Too short,en,');
      writeFileSync(join(dir, 'residents.csv'), 'id_number,name,language,address\n' + rows.join('\n') + '\n');
      const said = await refused(server, 'resident', 'enrol', join(dir, 'residents.csv'));
      expect(said).toMatch(/^enrolled +1000$/m);
      expect(said.match(/^line \d+\t/gm)).toHaveLength(3);
      expect(said).toContain('id_number_check');
      expect(said).toContain('name_required');
      expect(said).toContain('id_number_length');
      server.env.PUBLIC_ORIGIN = server.url;
      expect(await server.command('resident', 'letters', '--out', join(dir, 'letters'))).toMatch(/^letters +1$/m);
    });

    const resident = await visit(server, { lang: 'en' });
    let before;
    await test.step('one activates by the code of the letter and asks for a score', async () => {
      const [letter] = readdirSync(join(dir, 'letters'));
      const code = pdfText(readFileSync(join(dir, 'letters', letter))).match(/\d{4}-\d{4}-\d{4}/)[0];
      await resident.open('activate');
      await resident.page.locator('[name=id_number]').fill(number);
      await resident.page.locator('[name=code]').fill(code);
      await resident.page.locator('[name=new_password]').fill(password);
      await resident.send('/api/activate');
      await resident.on('overview');
      await resident.ready(await resident.ask('harbour'));
      before = (await resident.read('score?rulebook=harbour')).score;
      expect(before.value, 'the ticket and the hours count').toBe(1000 + book.points('traffic.ticket') + book.points('volunteer.hours'));
      expect(before.missing ?? []).toEqual([]);
      await resident.open('score', { query: '?rulebook=harbour' });
      await expect(resident.main.locator('[data-verify]')).toHaveAttribute('data-verify', 'same');
    });

    let dispute;
    await test.step('disputes the ticket, and the agency’s officer answers, whose computer is down', async () => {
      mocks[0].kill();
      const { items } = await resident.read('records');
      const ticket = items.map((x) => x.record ?? x).find((r) => r.code === 'traffic.ticket');
      dispute = await resident.dispute('record', ticket.id, { reason: 'not_me', statement: 'My bicycle was in the shop that day.', evidence: pdf('Shop') });
      await desk['h-1'].open('case', { id: dispute });
      await desk['h-1'].send(`/api/admin/cases/${dispute}/assign`);
      await desk['h-1'].send(`/api/admin/cases/${dispute}/ask-agency`);
      const officer = desk['o-1'];
      await expect(async () => {
        await officer.open('agency-question', { id: dispute });
        await expect(officer.form(`/api/agency/questions/${dispute}/answer`)).toBeVisible({ timeout: 1000 });
      }).toPass();
      await officer.page.locator('[name=position][value=withdrawn]').check();
      await officer.page.locator('[name=text_zh]').fill('查无此车。');
      await officer.page.locator('[name=text_en]').fill('The bicycle was not there.');
      await officer.send(`/api/agency/questions/${dispute}/answer`);
      await officer.on('agency-questions');
    });

    await test.step('the handler decides, and the score is put right', async () => {
      const handler = desk['h-1'];
      await handler.open('case', { id: dispute });
      const decision = handler.form(`/api/admin/cases/${dispute}/decision`);
      await decision.locator('[name=outcome][value=upheld]').check();
      const reasons = 'The agency has withdrawn the record.';
      typed.add(reasons);
      await decision.locator('[name=reasons]').fill(reasons);
      await decision.locator('[name^=evidence_answer]:not([type=hidden])').fill('It shows where the bicycle was.');
      await handler.send(`/api/admin/cases/${dispute}/decision`);
      await expect(handler.section('decision')).toBeVisible();
      await expect.poll(async () => (await resident.read('score?rulebook=harbour')).score.value).toBe(1000 + book.points('volunteer.hours'));
    });

    await test.step('a draft of new law is in public, and says what it would change', async () => {
      const draft = book.next({ draft: true, from: day(7) });
      expect(await server.command('rulebook', 'check', draft)).toBeTruthy();
      expect(await server.command('rulebook', 'diff', book.file, draft)).toContain('points: 5 becomes 3');
      expect(await server.command('rulebook', 'preview', draft)).toBeTruthy();
      book.put();
      await server.command('rulebook', 'publish');
      await restart();
      await resident.open('score', { query: '?rulebook=harbour' });
      await expect(resident.section('drafts')).toContainText(String(1000 + book.points('volunteer.hours') - 2), { timeout: 20_000 });
    });

    await test.step('the law is published, and takes effect at midnight', async () => {
      book.next({ from: day(0) });
      book.put();
      expect(await refused(server, 'rulebook', 'publish')).toContain('which is not after today');
      book.next({ from: day(1) });
      book.put();
      // The city's zone is set so that its midnight comes in half a minute.
      server.env.ZONEINFO = midnightIn(dir, 30);
      await server.command('rulebook', 'publish');
      await restart();
      await expect
        .poll(async () => (await resident.read('score?rulebook=harbour')).score.value, { timeout: 90_000, intervals: [1000] })
        .toBe(1000 + book.points('volunteer.hours') - 2);
      const { items } = await resident.read('notices');
      expect(items.map((n) => n.kind)).toContain('new_version');
      await resident.open('score', { query: '?rulebook=harbour' });
      await expect(resident.main.locator('[data-verify]')).toHaveAttribute('data-verify', 'same');
    });

    await test.step('the handler leaves', async () => {
      const second = await resident.dispute('record', (await resident.read('records')).items.map((x) => x.record ?? x).find((r) => r.code === 'volunteer.hours').id, {
        reason: 'other',
        statement: 'There were more hours.',
      });
      await desk['h-1'].open('case', { id: second });
      await desk['h-1'].send(`/api/admin/cases/${second}/assign`);
      await expect(desk['h-1'].form(`/api/admin/cases/${second}/ask-agency`)).toBeVisible();
      await administrator.open('staff-member', { id: 'h-1' });
      await administrator.send('/api/admin/staff/h-1/disable');
      await expect.poll(async () => (await desk['h-1'].page.request.get('/api/me')).status(), { timeout: 15_000 }).toBe(401);
      await expect
        .poll(async () => (await desk['s-1'].read('admin/cases')).items.find((x) => x.id === second)?.handler ?? 'nobody', { timeout: 15_000 })
        .toBe('nobody');
    });

    await test.step('a backup is put back elsewhere, and nothing is missing', async () => {
      const { score } = await resident.read('score?rulebook=harbour');
      await server.command('backup', join(dir, 'backup'), '--secrets', join(dir, 'secrets'));
      for (const person of [administrator, resident, ...Object.values(desk)]) await person.page.context().close();
      const { exitCode } = await server.stop();
      server = undefined;
      expect(exitCode).toBe(0);
      elsewhere = await Server.start({
        env: { ...env, ZONEINFO: join(dir, 'zones') },
        before: async (s) => {
          expect(await refused(s, 'restore', join(dir, 'nowhere'), '--secrets', join(dir, 'secrets'))).toMatch(/no such|not found|manifest/i);
          await s.command('restore', join(dir, 'backup'), '--secrets', join(dir, 'secrets'));
        },
      });
      const again = await visit(elsewhere, { lang: 'en' });
      await again.login({ id_number: number, password });
      expect((await again.read('score?rulebook=harbour')).score).toEqual(score);
      expect((await again.read(`disputes/${dispute}`)).state).toBe('decided');
      await again.page.context().close();
    });

    // restart starts the server with what was published; open pages are closed first.
    async function restart() {
      guard.allow(/WebSocket|Failed to load resource|net::ERR/);
      await server.shutdown();
      await server.boot();
    }
  } finally {
    for (const m of mocks) m.kill();
    await server?.stop();
    await elsewhere?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

// idNumber returns the n-th number of an area that nobody has.
function idNumber(n) {
  const digits = `99999919800101${String(n).padStart(4, '0').slice(-3)}`;
  const first = n < 1000 ? digits : `99999919800102${String(n).slice(-3)}`;
  return first + checkCharacter(first);
}

// held is what an agency holds: about one resident.
function held(agency, number) {
  const document = (kind) => ({ kind, issuer: 'Harbour', number: 'A-1', date: day(-30), hash: '0'.repeat(64) });
  const records = {
    traffic: [{ ref: 'T-1', code: 'traffic.ticket', occurred: day(-31), document: document('penalty_decision') }],
    volunteers: [{ ref: 'V-1', code: 'volunteer.hours', occurred: day(-31), document: document('service_record') }],
  }[agency];
  return { people: [{ id_number: number, name: 'Resident 7', records }] };
}

// day returns a date so many days from today, in the rulebook's zone.
function day(n) {
  return new Date(Date.now() + n * 86_400_000).toLocaleDateString('en-CA', { timeZone: 'Asia/Shanghai' });
}

// mock plays an agency until it is killed.
async function mock(keys, records, port) {
  const child = spawn(mingjing, ['agency', 'mock', '--keys', keys, '--records', records, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data'); // it says that it listens
  return child;
}

// refused runs a command that does not end well, and returns all that it says.
async function refused(server, ...args) {
  const e = await server.command(...args).then(
    (said) => {
      throw new Error(`${args.join(' ')} ends well: ${said}`);
    },
    (e) => e,
  );
  if (e.code === undefined) throw e;
  return e.stdout + e.stderr;
}

// harbour makes the folder of the law of a small city: two agencies, and their items.
function harbour(dir) {
  const folder = join(dir, 'rulebooks');
  mkdirSync(folder);
  const from = join(root, 'web/rulebooks');
  cpSync(join(from, 'calendars'), join(folder, 'calendars'), { recursive: true });
  const law = JSON.parse(readFileSync(join(from, 'rongcheng.json'), 'utf8'));
  law.id = 'harbour';
  law.version = '1';
  law.agencies = law.agencies.filter((a) => ['traffic', 'volunteers'].includes(a.code)).map((a) => ({ ...a, holds: a.holds.filter((c) => /^(traffic|volunteer)\./.test(c)) }));
  const codes = law.agencies.flatMap((a) => a.holds);
  law.catalogue = law.catalogue.filter((i) => codes.includes(i.code));
  law.cases = [{ name: { 'zh-CN': '没有任何记录', en: 'Nothing is held' }, as_of: '2026-06-01', value: 1000, band: 'a' }];
  const write = (name, l) => {
    writeFileSync(join(folder, name), JSON.stringify(l, null, 1));
    return join(folder, name);
  };
  return {
    file: write('harbour-1.json', law),
    points: (code) => law.catalogue.find((i) => i.code === code).points,
    // put puts the next version beside the first.
    put: () => cpSync(join(dir, 'harbour-2.json'), join(folder, 'harbour-2.json')),
    // next writes the version in which hours given are worth less, not yet into the folder.
    next(more) {
      const catalogue = law.catalogue.map((i) => (i.code === 'volunteer.hours' ? { ...i, points: i.points - 2 } : i));
      return write('../harbour-2.json', { ...law, version: '2', catalogue, why: { 'zh-CN': '按新的规定计算。', en: 'By the new rules.' }, ...more });
    },
  };
}

// midnightIn writes a folder of time zones in which the city's next midnight is in so many
// seconds, at the end of the day that it is there now.
function midnightIn(dir, seconds) {
  const now = Math.floor(Date.now() / 1000);
  const [y, m, d] = day(0).split('-').map(Number);
  const offset = Date.UTC(y, m - 1, d) / 1000 + 86_400 - seconds - now;
  const file = Buffer.alloc(44 + 6 + 4);
  file.write('TZif', 0, 'latin1');
  file.writeUInt32BE(1, 36); // one kind of local time
  file.writeUInt32BE(4, 40); // four characters of names
  file.writeInt32BE(offset, 44);
  file.write('CST\0', 50, 'latin1');
  mkdirSync(join(dir, 'zones/Asia'), { recursive: true });
  writeFileSync(join(dir, 'zones/Asia/Shanghai'), file);
  return join(dir, 'zones');
}
