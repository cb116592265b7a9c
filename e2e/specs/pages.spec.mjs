import { test, expect } from '../lib/fixtures.mjs';
import { languages, routes } from '../lib/routes.mjs';

// They need nothing of each other.
test.describe.configure({ mode: 'parallel' });

const ofResidents = routes.filter((r) => ['Residents', 'Everyone'].includes(r.access)).map(({ name }) => ({ name }));
const half = Math.ceil(ofResidents.length / 2);

// Every page of route.go in every language, with something on it, and the pages
// that say that there is nothing or that it is not allowed. One browser shows all
// the pages of one person, so that it has to load the app's program only once.
const visitors = {
  nobody: routes.filter((r) => r.access === 'Anyone').map(({ name }) => ({ name })),
  resident: ofResidents.slice(0, half),
  'resident, the rest': [
    ...ofResidents.slice(half),
    { name: 'dispute', of: 'review' }, // one with ways on from its decision
    { name: 'new-dispute', after: 'review' },
    { name: 'record', id: 'no-such-record', status: 404 },
    { name: 'queue', status: 403 },
  ],
  // Somebody for whom there is nothing to show yet.
  blank: ['overview', 'score', 'records', 'listings', 'disputes', 'access-log', 'consents', 'inbox', 'export', 'shares', 'new-share'].map((name) => ({ name, query: '' })),
  handler: routes.filter((r) => r.access === 'Staff' && !['workload', 'comments', 'comment', 'complaints-open', 'complaint'].includes(r.name)).map(({ name }) => ({ name })),
  // The inquiry is about the handler's look, and not yet the supervisor's to read; a comment
  // needs a draft, which comments.spec.mjs has.
  supervisor: routes.filter((r) => r.access === 'Staff' && !['inquiry-answer', 'comment'].includes(r.name)).map(({ name }) => ({ name })),
  officer: routes.filter((r) => r.access === 'Agencies').map(({ name }) => ({ name })),
  administrator: routes.filter((r) => ['Administrators', 'Overseers'].includes(r.access)).map(({ name }) => ({ name })),
};

for (const lang of languages) {
  for (const [who, pages] of Object.entries(visitors)) {
    test(`every page of ${who} in ${lang} can be used by everyone`, async ({ server, furnished, visit, guard }) => {
      test.setTimeout(30_000 * pages.length);
      const size = ['handler', 'supervisor', 'officer', 'administrator'].includes(who) ? 'desk' : 'phone';
      const person = await visit(server, { lang, size, state: furnished[who.split(',')[0]] });
      for (const page of pages) await test.step(page.name, () => look(person, page, { furnished, guard }));
    });
  }
}

async function look(person, { name, id, of, after, query, status = 200 }, { furnished, guard }) {
  const page = person.page;
  if (status !== 200) guard.allow(new RegExp(`status of ${status}`));
  const answer = await person.open(name, {
    id: id ?? furnished.ids[of ?? name],
    query: query ?? (after && `?previous=${furnished.ids[after]}`) ?? (status === 200 ? (furnished.queries[name] ?? '') : ''),
  });
  expect(answer.status(), name).toBe(status);
  await person.on(status === 200 ? name : 'error');
  await expect.soft(page.locator('h1'), `${name} has one heading`).toHaveCount(1);
  await expect.soft(page, `${name} has a title`).toHaveTitle(/\S/);

  // Colours are the same in every language.
  await person.accessible(name, person.lang === languages[0] ? ['light', 'dark'] : ['none']);

  await person.fits(name);
}
