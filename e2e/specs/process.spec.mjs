import { test, expect } from '../lib/fixtures.mjs';
import { pdf } from '../lib/person.mjs';
import { languages, path } from '../lib/routes.mjs';
import { sentence } from '../lib/sentences.mjs';

// Four stories of the demo city from notice to letter. The resident has a phone
// with scripts off; staff work at a desk, and a tester moves the city's clock.
test.use({ serverEnv: { DEMO_CLOCK_SCALE: '2880', DEMO_INSTANT: '1' } });

const words = { en: 'It is not as it says there.', 'zh-CN': '情况与所写不符。' };

for (const lang of languages) {
  test(`from notice to letter, with scripts off, in ${lang}`, async ({ ownServer: server, visit }) => {
    test.setTimeout(420_000);
    const handler = await visit(server, { lang, size: 'desk' });
    const supervisor = await visit(server, { lang, size: 'desk' });
    await handler.staffLogin(server.staff('handler'));
    await supervisor.staffLogin(server.staff('supervisor'));

    const resident = async (story) => {
      const person = await visit(server, { lang, js: false });
      await person.login(server.resident(story));
      return person;
    };
    const collected = async (person) => person.ready(await person.ask('honest-shanghai'));
    const held = async (person, what, which) => {
      const { items } = await person.read(what);
      const found = items.map((x) => x.listing ?? x.record ?? x).find(which);
      expect(found, `one of the ${what}`).toBeTruthy();
      return found;
    };
    // sees shows a page of the resident's in a browser with scripts, and tries it.
    const sees = async (person, name, id) => {
      const other = await visit(server, { lang, state: await person.page.context().storageState() });
      await other.open(name, { id });
      await other.on(name);
      await other.accessible(name);
      await other.page.context().close();
    };
    const step = async (staff, id, name) => {
      await staff.open('case', { id });
      await staff.send(`/api/admin/cases/${id}/${name}`);
      await expect(staff.page.locator('.note-success')).toBeVisible();
    };
    const rules = async (staff, id, name, outcome, { answers = 0 } = {}) => {
      await staff.open('case', { id });
      const form = staff.form(`/api/admin/cases/${id}/${name}`);
      await form.locator(`[name=outcome][value=${outcome}]`).check();
      await form.locator('[name=reasons]').fill(words[lang]);
      for (let i = 0; i < answers; i++) await form.locator('textarea[name=evidence_answer]').nth(i).fill(words[lang]);
      await staff.send(`/api/admin/cases/${id}/${name}`);
      await expect(staff.page.locator('.note-success')).toBeVisible();
    };
    // The tester moves the clock to the next deadline until what is waited for is so.
    const until = async (so) => {
      for (let i = 0; i < 30; i++) {
        await handler.open('demo-clock');
        await handler.page.locator('button[name=step][value=deadline]').click();
        await expect(handler.page.locator('.note-success')).toBeVisible();
        try {
          await expect.poll(so, { timeout: 8000, intervals: [100] }).toBe(true);
          return;
        } catch {
          // not yet: to the next one
        }
      }
      throw new Error('the clock was moved thirty times, and it has not happened');
    };
    const letter = async (person, id) => {
      await person.open('dispute', { id });
      await person.main.locator(`a[href="${path(lang, 'letter', id)}"]`).first().click();
      await person.on('letter');
      await expect(person.main).toContainText(words[lang]);
      const file = await person.page.request.get(`/api/disputes/${id}/letter.pdf?lang=${lang}`);
      expect(file.headers()['content-type']).toBe('application/pdf');
      expect((await file.body()).subarray(0, 5).toString()).toBe('%PDF-');
    };

    await test.step('an agency proposes a listing: two people decide, it is served, answered, and lifted', async () => {
      const person = await resident('proposed-listing');
      await collected(person);
      const listing = await held(person, 'listings', (l) => l.state === 'proposed');
      await step(handler, listing.case_id, 'assign');
      await rules(handler, listing.case_id, 'recommend', 'approved');
      await step(supervisor, listing.case_id, 'assign');
      await supervisor.accessible('a proposed listing before the second person');
      await sees(person, 'listing', listing.id);
      await rules(supervisor, listing.case_id, 'decision', 'approved');

      await supervisor.accessible('a listing that is to be served');
      await sees(person, 'listing', listing.id);
      await person.open('inbox');
      await expect(person.main).toContainText(sentence(lang, 'notice.listing_served'));
      await person.main.locator('form[action^="/api/notices/"][action$="/open"] button').first().click();
      await person.on('listing');
      await person.send(`/api/listings/${listing.id}/receipt`);
      await expect(person.page.locator('.note-success')).toBeVisible();
      expect((await held(person, 'listings', (l) => l.id === listing.id)).state).toBe('served');
      await sees(person, 'listing', listing.id);

      const dispute = await person.dispute('listing', listing.id, { reason: 'wrong_facts', statement: words[lang], evidence: pdf('Receipt') });
      await step(handler, dispute, 'assign');
      await rules(handler, dispute, 'decision', 'upheld', { answers: 1 });
      expect((await held(person, 'listings', (l) => l.id === listing.id)).state).toBe('lifted');
      await letter(person, dispute);
    });

    await test.step('a debtor who has paid gets off the list early', async () => {
      const person = await resident('repair');
      await collected(person);
      const listing = await held(person, 'listings', (l) => l.kind === 'blacklist' && l.state === 'in_effect');
      await sees(person, 'listing', listing.id);
      await sees(person, 'repair', listing.id);
      await person.open('listing', { id: listing.id });
      await person.main.locator(`a[href="${path(lang, 'repair', listing.id)}"]`).first().click();
      await person.on('repair');
      await person.page.locator('[name=statement]').fill(words[lang]);
      await person.page.locator('#evidence').setInputFiles(pdf('Receipt'));
      await person.send('/api/repairs');
      await person.on('dispute');
      const repair = person.idInPath();
      await step(handler, repair, 'assign');
      await rules(handler, repair, 'decision', 'granted', { answers: 1 });
      expect((await held(person, 'listings', (l) => l.id === listing.id)).state).toBe('repaired');
      await letter(person, repair);
    });

    await test.step('an agency that is silent twice loses the point', async () => {
      const person = await resident('silent-agency');
      await collected(person);
      const record = await held(person, 'records', (r) => r.code === 'metro.fare_evasion');
      const dispute = await person.dispute('record', record.id, { reason: 'not_me', statement: words[lang] });
      await step(handler, dispute, 'assign');
      await step(handler, dispute, 'ask-agency');
      const state = async (want) => (await person.read(`disputes/${dispute}`)).state === want;
      await until(() => state('agency_silent'));
      await person.open('dispute', { id: dispute });
      await expect(person.section('timeline').getByText(sentence(lang, 'timeline.agency_silent'))).toBeVisible();
      expect((await held(person, 'records', (r) => r.id === record.id)).state).toBe('suspended');
      await until(() => state('agency_lost'));
      expect((await held(person, 'records', (r) => r.id === record.id)).state).toBe('removed');
      await rules(handler, dispute, 'decision', 'upheld');
      await letter(person, dispute);
    });

    await test.step('a guarantor is rejected, and a supervisor who was not involved puts it right', async () => {
      const person = await resident('guarantor');
      await collected(person);
      const record = await held(person, 'records', (r) => r.code === 'contract.guarantee_default');
      const dispute = await person.dispute('record', record.id, { reason: 'already_performed', statement: words[lang] });
      await step(handler, dispute, 'assign');
      await step(handler, dispute, 'ask-agency');
      await expect.poll(async () => (await person.read(`disputes/${dispute}`)).state, { timeout: 30_000 }).toBe('agency_answered');
      await rules(handler, dispute, 'decision', 'rejected');
      await letter(person, dispute);

      await person.open('dispute', { id: dispute });
      await person.main.locator(`a[href="${path(lang, 'review', dispute)}"]`).first().click();
      await person.on('review');
      await person.page.locator('[name=statement]').fill(words[lang]);
      await person.send(`/api/disputes/${dispute}/review`);
      await person.on('dispute');
      const review = person.idInPath();
      await step(supervisor, review, 'assign');
      await supervisor.accessible('a review');
      await rules(supervisor, review, 'decision', 'upheld');
      expect((await held(person, 'records', (r) => r.id === record.id)).state).toBe('removed');
      await letter(person, review);
    });
  });
}
