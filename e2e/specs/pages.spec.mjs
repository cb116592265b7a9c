import AxeBuilder from '@axe-core/playwright';
import { test, expect } from '../lib/fixtures.mjs';
import { languages, routes } from '../lib/routes.mjs';

// Every page of route.go in every language, with something on it, and the pages
// that say that there is nothing or that it is not allowed.
const variants = [
  ...routes.map((r) => ({ ...r, who: { Anyone: null, Residents: 'resident', Everyone: 'resident', Staff: 'handler' }[r.access] })),
  ...['overview', 'score', 'records', 'listings', 'disputes', 'access-log', 'consents'].map((name) => ({
    name,
    who: 'blank',
    title: `${name} of somebody new`,
  })),
  { name: 'record', who: 'resident', id: 'no-such-record', status: 404, title: 'a page that is not there' },
  { name: 'queue', who: 'resident', status: 403, title: 'a page that is not theirs' },
];

for (const lang of languages) {
  for (const v of variants) {
    test(`${v.title ?? v.name} in ${lang} can be used by everyone`, async ({ server, furnished, visit, guard }) => {
      if (v.status) guard.allow(new RegExp(`status of ${v.status}`));
      const person = await visit(server, {
        lang,
        size: v.who === 'handler' ? 'desk' : 'phone',
        state: v.who ? furnished[v.who] : undefined,
      });
      const query = v.who === 'blank' || v.status ? '' : (furnished.queries[v.name] ?? '');
      const answer = await person.open(v.name, { id: v.id ?? furnished.ids[v.name], query });
      expect(answer.status()).toBe(v.status ?? 200);
      await person.on(v.status ? 'error' : v.name);

      await expect(person.page.locator('h1')).toHaveCount(1);
      await expect(person.page).toHaveTitle(/\S/);

      await test.step('axe finds nothing, in light and in dark', async () => {
        for (const colorScheme of ['light', 'dark']) {
          await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          const axe = new AxeBuilder({ page: person.page });
          // Only colours differ in the dark.
          if (colorScheme === 'dark') axe.withRules(['color-contrast', 'link-in-text-block']);
          const { violations } = await axe.analyze();
          expect(
            violations.map((x) => `${colorScheme}: ${x.id}: ${x.nodes.map((n) => `${n.target} ${n.failureSummary}`).join('; ')}`),
          ).toEqual([]);
        }
      });

      await test.step('nothing scrolls sideways at 320 pixels', async () => {
        await person.page.setViewportSize({ width: 320, height: 640 });
        await expect
          .poll(() =>
            person.page.evaluate(() => {
              const room = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= room) return [];
              return [...document.querySelectorAll('body *')]
                .filter((e) => e.getBoundingClientRect().right > room + 1)
                .slice(0, 5)
                .map((e) => `${e.tagName}.${e.getAttribute('class')} ends at ${e.getBoundingClientRect().right}`)
                .concat(`the page is ${document.documentElement.scrollWidth} wide`);
            }),
          )
          .toEqual([]);
      });
    });
  }
}
