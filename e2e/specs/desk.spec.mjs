import { test as base, expect } from '../lib/fixtures.mjs';
import { pdf } from '../lib/person.mjs';
import { languages } from '../lib/routes.mjs';
import { totp } from '../lib/totp.mjs';

const test = base.extend({ serverEnv: async ({}, use) => use({ DEMO_INSTANT: '1' }) });

for (const lang of languages) {
  test(`by keyboard alone a handler takes the next case, asks, notes and decides, in ${lang}`, async ({ ownServer: server, visit }) => {
    test.setTimeout(300_000);
    const resident = await visit(server, { lang });
    await resident.login(server.resident('guarantor'));
    const asked = await resident.ask('honest-shanghai');
    await resident.ready(asked);
    const listing = (await resident.read('listings')).items[0];
    const dispute = await resident.dispute('listing', listing.id, {
      reason: 'already_performed',
      statement: 'I paid my share of the guarantee in full.',
      evidence: [pdf('Receipt'), { ...pdf('Letter'), name: 'letter.pdf' }],
    });

    const handler = await visit(server, { lang, size: 'desk' });
    const { keyboard } = handler.page;
    const account = server.staff();
    await handler.open('staff-login');
    await handler.tab('[name=login]');
    await keyboard.type(account.login);
    await handler.tab('[name=password]', { within: 1 });
    await keyboard.type(account.password);
    await handler.tab('[name=totp]', { within: 2 }); // past the button that shows the password
    await keyboard.type(totp(account.totp_secret));
    await keyboard.press('Enter');
    await handler.on('queue');

    // The one that waits longest comes first, which is the city's own proposal.
    for (let taken = 0; taken < 3 && handler.idInPath() !== dispute; taken++) {
      if (taken > 0) {
        await handler.tab('a[href$="/admin"]');
        await keyboard.press('Enter');
        await handler.on('queue');
      }
      await handler.tab('form[action="/api/admin/cases/next"] button');
      await keyboard.press('Enter');
      await handler.page.waitForURL(/\/admin\/cases\//);
      await handler.on('case');
    }
    expect(handler.idInPath()).toBe(dispute);

    await handler.tab(`form[action="/api/admin/cases/${dispute}/ask-agency"] button`);
    await keyboard.press('Enter');
    await expect(handler.form(`/api/admin/cases/${dispute}/ask-agency`)).toHaveCount(0);
    await expect(handler.section('agency-side').locator('.quote')).toBeVisible({ timeout: 30_000 });
    await handler.settled();

    await handler.tab('[name=text]');
    await keyboard.type('The agency admits it.');
    await handler.tab(`form[action="/api/admin/cases/${dispute}/notes"] button`, { within: 1 });
    await keyboard.press('Enter');
    await expect(handler.section('notes').locator('.quote')).toContainText('The agency admits it.');
    await handler.settled();

    await handler.tab('select[name=reply]');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    await handler.tab('section[aria-labelledby=replies] button', { within: 1 });
    await keyboard.press('Enter');
    await expect(handler.page.locator('[name=reasons]')).not.toHaveValue('');
    await handler.settled();

    await handler.tab('a[href="#decide"]');
    await keyboard.press('Enter');
    await handler.tab('[name=outcome]', { within: 2 }); // from there, not from the top
    await keyboard.press('Space');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    await expect(handler.page.locator('[name=outcome][value=upheld]')).toBeChecked();
    await handler.tab('[name=reasons]', { within: 6 }); // past the parts of a date
    for (let piece = 0; piece < 2; piece++) {
      await handler.tab('[name=evidence_answer]', { within: 2 });
      await keyboard.type(`Piece ${piece + 1} shows the payment.`);
    }
    await handler.tab(`form[action="/api/admin/cases/${dispute}/decision"] button`, { within: 2 });
    await keyboard.press('Enter');
    await expect(handler.section('decision')).toBeVisible();
    const { state, evidence } = await resident.read(`disputes/${dispute}`);
    expect(state).toBe('decided');
    expect(evidence.map((e) => e.answer)).toEqual(['Piece 1 shows the payment.', 'Piece 2 shows the payment.']);
  });
}
