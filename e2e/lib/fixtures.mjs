import { test as base, expect } from '@playwright/test';
import { desk, phone } from '../playwright.config.mjs';
import { Server } from './server.mjs';
import { Person } from './person.mjs';
import { furnish } from './furnish.mjs';

export { expect };

// A Guard records everything that no page may do: errors in the console, violations of
// the content security policy, requests to other hosts, personal numbers in an address.
// A test that causes one on purpose allows it by name.
class Guard {
  complaints = [];
  allowed = [];

  allow(pattern) {
    this.allowed.push(pattern);
  }

  watch(context, origin) {
    context.on('console', (m) => m.type() === 'error' && this.say(`console: ${m.text()} (${m.location().url})`));
    context.on('weberror', (e) => this.say(`exception: ${e.error().stack ?? e.error()}`));
    context.on('request', (r) => {
      const url = new URL(r.url());
      if (!['data:', 'blob:'].includes(url.protocol) && url.host !== new URL(origin).host) {
        this.say(`request to somebody else: ${r.url()}`);
      }
      if (/\d{17}[\dXx]/.test(decodeURIComponent(url.href))) this.say('an ID number in an address');
    });
    return context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) =>
        console.error(`policy breach: ${e.violatedDirective} by ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber}`),
      );
    });
  }

  say(what) {
    this.complaints.push(what);
  }

  get heard() {
    return this.complaints.filter((c) => !this.allowed.some((p) => p.test(c)));
  }
}

// The demo's clocks run four times as fast as by default, so that a request with
// agencies that are down ends within half a minute. No screen locks while another test
// runs.
const fast = { DEMO_CLOCK_SCALE: '2880', LOCK_AFTER: '2h' };

// test gives each test
//   server     a running server, shared by tests that only read or that use a
//              story of their own
//   ownServer  a running server that the test may kill or use up; serverEnv is
//              its environment, and with engines it has a PostgreSQL
//              and a Redis of its own
//   furnished  people on the shared server with something on every page
//   guard      see Guard
//   visit      visit(server, {lang, size, js, state, ...}) opens a browser of
//              somebody's own and returns the Person
export const test = base.extend({
  server: [
    async ({}, use) => {
      const s = await Server.start({ env: fast });
      await use(s);
      await s.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  furnished: [
    async ({ server }, use) => use(await furnish(server)),
    { scope: 'worker', timeout: 240_000 },
  ],

  serverEnv: [fast, { option: true }],
  engines: [false, { option: true }],

  ownServer: [
    async ({ serverEnv, engines }, use) => {
      const s = await Server.start({ env: serverEnv, engines });
      await use(s);
      await s.stop();
    },
    { timeout: 120_000 },
  ],

  guard: [
    async ({}, use) => {
      const g = new Guard();
      await use(g);
      expect(g.heard, 'no page errs, breaks the policy, or talks to anybody else').toEqual([]);
    },
    { auto: true },
  ],

  visit: async ({ browser, guard }, use) => {
    const contexts = [];
    await use(async (server, { lang = 'en', size = 'phone', js = true, state, ...more } = {}) => {
      const context = await browser.newContext({
        ...(size === 'desk' ? { ...desk, isMobile: false, hasTouch: false, deviceScaleFactor: 1 } : phone),
        baseURL: server.url,
        locale: lang,
        javaScriptEnabled: js,
        storageState: state,
        ...more,
      });
      contexts.push(context);
      await guard.watch(context, server.url);
      return new Person(await context.newPage(), { server, lang, js });
    });
    await Promise.all(contexts.map((c) => c.close()));
  },
});
