import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, expect } from '../lib/fixtures.mjs';
import { languages, path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';
import { Witness, copy, halt, put, sql } from '../lib/operator.mjs';

// The phone's own code is the judge in all of these: what is awaited is what it
// says on the page of the access log.
const away = /ERR_CONNECTION|ERR_EMPTY|WebSocket|Failed to load resource/;

const panel = (person) => person.page.locator('[data-look-check]');

// check opens the access log and waits for what the phone finds.
async function check(person, found) {
  await person.open('access-log');
  await expect(panel(person)).toHaveAttribute('data-look-check', found);
}

async function alarm(person, ...says) {
  await check(person, 'bad');
  const alert = panel(person).getByRole('alert');
  for (const text of says) await expect(alert).toContainText(text);
  await expect(alert.locator('a[href="/api/access-log/proof.json"]')).toBeVisible();
}

// storedAt is where the tree keeps the hash of a leaf.
const storedAt = (leaf) => {
  let at = 0;
  for (let n = leaf; n > 0; n = Math.floor(n / 2)) at += n;
  return at;
};

const kept = (person) => person.page.evaluate(() => localStorage.getItem('mingjing.log'));

async function login(visit, server, story, lang = 'en') {
  const person = await visit(server, { lang });
  await person.login(server.resident(story));
  return person;
}

test('an honest log is found good, again and again, and nothing personal is kept', async ({ ownServer: server, visit }) => {
  const resident = await login(visit, server, 'model-resident');
  await check(resident, 'good');
  await expect(panel(resident)).toContainText('on the record');
  await expect(panel(resident)).toContainText('first check on this device');
  const before = JSON.parse(await kept(resident));
  await resident.open('records');
  await check(resident, 'good');
  await expect(panel(resident)).toContainText('has not been rewritten since');
  const after = JSON.parse(await kept(resident));
  expect(after.size).toBeGreaterThan(before.size);
  expect(after.since).toBe(before.since);
  expect(Object.keys(after).sort()).toEqual(['commitment', 'key', 'origin', 'root', 'seq', 'since', 'size']);
  const proof = await resident.read('access-log/proof');
  expect(JSON.stringify(after), 'what is kept is nobody’s').not.toContain(proof.resident);
  // Others only, and older pages, are held against the record too.
  await resident.page.locator('.chips a[href$="?others=1"]').click();
  await expect(resident.page).toHaveURL(/others=1/);
  await expect(panel(resident)).toHaveAttribute('data-look-check', 'good');
});

test('what an operator does to single lines in the database is seen', async ({ ownServer: server, visit }) => {
  test.setTimeout(180_000);
  const cheats = {
    'model-resident': ['A line is missing', (id) => [`DELETE FROM look WHERE resident_id = '${id}' AND seq = 2`]],
    'no-notice': ['not in the order', (id) => [
      `CREATE TEMP TABLE two AS SELECT seq, leaf FROM look WHERE resident_id = '${id}' AND seq IN (2, 3)`,
      `UPDATE look SET leaf = -1 - leaf WHERE resident_id = '${id}' AND seq IN (2, 3)`,
      `UPDATE look SET leaf = (SELECT leaf FROM two WHERE two.seq = 5 - look.seq) WHERE resident_id = '${id}' AND seq IN (2, 3)`,
    ]],
    namesake: ['does not follow from the one before', (id) => [
      `UPDATE look SET commitment = randomblob(32) WHERE resident_id = '${id}' AND seq = (SELECT max(seq) FROM look WHERE resident_id = '${id}')`,
    ]],
    guarantor: ['A line is missing', (id) => [
      `DELETE FROM look WHERE resident_id = '${id}' AND seq = (SELECT max(seq) FROM look WHERE resident_id = '${id}')`,
    ]],
    // The sealed content of two lines changes places.
    repair: ['not on the record as it is shown', (id) => [
      `CREATE TEMP TABLE two AS SELECT seq, doc FROM look WHERE resident_id = '${id}' AND seq IN (2, 3)`,
      `UPDATE look SET doc = (SELECT doc FROM two WHERE two.seq = 5 - look.seq) WHERE resident_id = '${id}' AND seq IN (2, 3)`,
    ]],
    'expired-record': ['not on the record as it is shown', (id, { leaf }) => [
      `UPDATE tree_hash SET hash = randomblob(32) WHERE id = ${storedAt(leaf ^ 1)}`,
    ]],
  };
  for (const [story, [says, statements]] of Object.entries(cheats)) {
    await test.step(story, async () => {
      const resident = await login(visit, server, story);
      await resident.open('records');
      await check(resident, 'good');
      const { resident: id, entries } = await resident.read('access-log/proof');
      const before = await kept(resident);
      sql(server, ...statements(id, entries[1]));
      await alarm(resident, says);
      expect(await kept(resident), 'what was seen before is kept as evidence').toBe(before);
      await resident.accessible('an access log with an alarm');
    });
  }
});

test.describe('with prompt agencies', () => {
  test.use({ serverEnv: { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1', LOCK_AFTER: '2h' } });

  test('what an operator puts in the place of something else is not shown, and the phone says so', async ({ ownServer: server, visit, guard }) => {
    guard.allow(/status of 500/);
    for (const lang of languages) {
      const resident = await login(visit, server, lang === 'en' ? 'guarantor' : 'expired-record', lang);
      await resident.ready(await resident.ask('honest-shanghai'));
      const { items } = await resident.read('records');
      const [mine] = items.map((x) => x.record ?? x);
      const [[before]] = sql(server, `SELECT hex(doc) FROM record WHERE id = '${mine.id}'`);
      const [[foreign]] = sql(server, `SELECT hex(doc) FROM look ORDER BY resident_id LIMIT 1`);
      for (const [doc, what] of [
        [`(SELECT doc FROM record WHERE id <> '${mine.id}' LIMIT 1)`, 'another record'],
        [`X'${foreign}'`, 'a value of another table'],
      ]) {
        if (items.length < 2 && what === 'another record') continue;
        sql(server, `UPDATE record SET doc = ${doc} WHERE id = '${mine.id}'`);
        // Loaded anew, and turned to from another page.
        for (const load of [true, false]) {
          if (load) expect((await resident.open('records')).status()).toBe(500);
          else {
            await resident.open('access-log');
            await resident.page.locator(`nav a[href="${path(lang, 'records')}"]:visible`).first().click();
          }
          await resident.on('error');
          const alert = resident.page.locator('[data-altered]').getByRole('alert');
          await expect(alert).toContainText(sentence(lang, 'error.altered'));
          await expect(alert.locator('a[href="/api/access-log/proof.json"]')).toBeVisible();
        }
        await resident.accessible(`what is said of ${what}`);
      }
      // The log is whole, and says when the records were asked for.
      await check(resident, 'good');
      sql(server, `UPDATE record SET doc = X'${before}' WHERE id = '${mine.id}'`);
      await resident.open('records');
      await resident.on('records');
    }
  });
});

test('a tree whose hashes were changed is seen', async ({ ownServer: server, visit }) => {
  const resident = await login(visit, server, 'model-resident', 'zh-CN');
  await check(resident, 'good');
  sql(server, 'UPDATE tree_hash SET hash = randomblob(32)');
  await alarm(resident, '账被改写过', '和账上记的不一样');
  await expect(panel(resident).locator('button'), 'nothing to be satisfied with').toHaveCount(0);
});

test('a database that was rolled back is seen', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(240_000);
  guard.allow(away);
  const resident = await login(visit, server, 'model-resident');
  await halt(server);
  const old = copy(server);
  await server.boot();
  for (let i = 0; i < 6; i++) await resident.open('records');
  await check(resident, 'good');
  const before = await kept(resident);
  await halt(server);
  put(server, old);
  await server.boot();
  await alarm(resident, 'set back to an earlier state');
  // It grows again, past what it was, and still is not the same.
  for (let i = 0; i < 12; i++) await resident.open('records');
  await alarm(resident, 'was rewritten');
  expect(await kept(resident)).toBe(before);
  // Whoever was told why can go on from here.
  await panel(resident).locator('summary').first().click();
  await panel(resident).locator('button').click();
  await expect(panel(resident)).toHaveAttribute('data-look-check', 'good');
  await check(resident, 'good');
  rmSync(old, { recursive: true, force: true });
});

test('a backup that brings back who has left is undone, and seen by others', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(240_000);
  guard.allow(away);
  guard.allow(/status of 401/); // whoever left is logged out
  const list = join(server.data, 'erasures.list');
  const stays = await login(visit, server, 'model-resident');
  await halt(server);
  const old = copy(server);
  await server.boot();
  await check(stays, 'good');
  const leaves = await login(visit, server, 'no-notice');
  const { resident: id } = await leaves.read('access-log/proof');
  const asked = await leaves.page.request.post('/api/leave', { data: { confirm: true }, headers: { Accept: 'application/json' } });
  expect(asked.status()).toBe(202);
  const receipt = (await asked.json()).id;
  await expect.poll(async () => (await stays.read(`erasures/${receipt}`)).erased_at).toBeTruthy();
  // Whoever left is led away by their own page; it is closed when it got there.
  await expect(leaves.page).toHaveURL(/\/login/);
  await leaves.page.close();
  await check(stays, 'good');
  await halt(server);
  const listed = readFileSync(list, 'utf8');
  expect(listed.split(' ')[0]).toBe(id); // what follows is the line's checksum
  put(server, old);
  writeFileSync(list, listed); // the list is never restored
  await server.boot();
  expect(server.log()).toContain('they are erased again');
  await alarm(stays, 'set back to an earlier state');
  // The demo city enrols its people anew; the one who left is somebody else now.
  const again = await login(visit, server, 'no-notice');
  expect((await again.read('access-log/proof')).resident).not.toBe(id);
  rmSync(old, { recursive: true, force: true });
});

test('a second tree for others is given away by the witness and by the phone', async ({ ownServer: server, visit, guard }) => {
  test.setTimeout(300_000);
  guard.allow(away);
  const witness = await Witness.start((await (await fetch(`${server.url}/log/key`)).text()).trim());
  const cosigned = async () => {
    const note = await (await fetch(`${server.url}/log/checkpoint`)).text();
    return note.includes('\u2014 witness.example ') ? Number(note.split('\n')[1]) : 0;
  };
  try {
    const first = await login(visit, server, 'model-resident');
    await halt(server);
    server.env = { ...server.env, WITNESSES: witness.setting };
    await server.boot();
    await expect.poll(cosigned, { timeout: 30_000 }).toBeGreaterThan(0);
    await check(first, 'good');
    await expect(panel(first)).toContainText('witness.example confirmed');
    expect(JSON.parse(await kept(first)).witnesses).toHaveLength(1);

    // Two histories from here on: this one, which the witness sees …
    await halt(server);
    const fork = copy(server);
    await server.boot();
    const size = await cosigned();
    for (let i = 0; i < 4; i++) await first.open('records');
    await check(first, 'good');
    await expect.poll(cosigned, { timeout: 30_000 }).toBeGreaterThan(size + 3);
    const [[key, seen, note]] = sql(server, 'SELECT witness, size, note FROM cosigned');
    await halt(server);

    // … and that one, for others, who have never checked before.
    put(server, fork);
    await server.boot();
    const second = await login(visit, server, 'no-notice');
    for (let i = 0; i < 8; i++) await second.open('records');
    sql(server, `UPDATE cosigned SET size = ${seen}, note = '${note}' WHERE witness = '${key}'`);
    await alarm(second, 'another record than others', 'witness.example');
    // The one who was here before needs no witness for it.
    await alarm(first, 'was rewritten');
    // And the witness signs no second tree.
    await expect.poll(() => server.log(), { timeout: 30_000 }).toContain('a witness does not cosign the access log');
    expect(witness.log).toContain('refused a checkpoint');
    rmSync(fork, { recursive: true, force: true });
  } finally {
    await witness.stop();
  }
});
