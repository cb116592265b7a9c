import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@playwright/test';
import { path } from './routes.mjs';
import { totp } from './totp.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const requestWithin = 150_000; // milliseconds: the demo's deadline for a score, and some

// A Person uses a browser. Fields are found by their names and buttons by the action of
// their form, as these are the same in every language, with scripts and without.
export const typed = new Set();

export class Person {
  constructor(page, { server, lang, js }) {
    this.page = page;
    this.server = server;
    this.lang = lang;
    this.js = js;
  }

  // open opens a page of the app by its name and waits until it is complete: with
  // scripts, until the browser's program has taken over, if the page has one.
  async open(name, { id, query = '' } = {}) {
    const answer = await this.page.goto(path(this.lang, name, id) + query);
    await this.settled();
    return answer;
  }

  async settled() {
    if (!this.js) return;
    // A plain page is complete when it is loaded.
    if (!(await this.page.evaluate(() => document.documentElement.dataset.program))) return;
    await this.page.waitForFunction(() => performance.getEntriesByName('mounted').length > 0, null, { timeout: 30_000 });
  }

  // on waits until the page of that name is shown.
  async on(name) {
    await expect(this.page.locator(`.page-${name}`)).toBeVisible();
    await expect(this.page.locator('html')).toHaveAttribute('lang', this.lang);
    await this.settled();
  }

  // fits fails where the page scrolls sideways on a narrow phone, and where with larger text
  // anything does, is cut, or lies on something else.
  async fits(what) {
    const window = this.page.viewportSize();
    await this.page.setViewportSize({ width: 320, height: 640 });
    await this.misfits(`${what} at 320 pixels`);
    await this.page.setViewportSize({ width: 390, height: 844 });
    for (const text of ['130', '200']) {
      await this.page.evaluate((size) => (document.documentElement.dataset.text = size), text);
      await this.misfits(`${what} with text of ${text} %`);
    }
    await this.page.evaluate(() => delete document.documentElement.dataset.text);
    await this.page.setViewportSize(window);
  }

  misfits(what) {
    return expect.soft(async () => expect(await this.page.evaluate(misfits), what).toEqual([])).toPass({ timeout: 3000 });
  }

  get main() {
    return this.page.locator('main');
  }

  // section returns the part of the page with the heading of that id.
  section(id) {
    return this.main.locator(`section[aria-labelledby="${id}"]`);
  }

  form(action) {
    return this.page.locator(`form[action="${action}"], form[action^="${action}?"]`);
  }

  send(action) {
    return this.form(action).locator('button[type=submit]:not([formaction])').last().click();
  }

  async login(account) {
    await this.open('login');
    await this.page.locator('[name=id_number]').fill(account.id_number);
    await this.page.locator('[name=password]').fill(account.password);
    await this.send('/api/login');
    await this.on('overview');
  }

  async staffLogin(account) {
    await this.open('staff-login');
    await this.page.locator('[name=login]').fill(account.login);
    await this.page.locator('[name=password]').fill(account.password);
    await this.page.locator('[name=totp]').fill(totp(account.totp_secret));
    await this.send('/api/staff/login');
    await this.on(account.role === 'agency' ? 'agency-questions' : 'queue');
  }

  async logout() {
    await this.page.locator('details.account > summary').click();
    await this.send('/api/logout');
    await expect(this.page.locator('details.account')).toHaveCount(0);
  }

  // ask reads what will be asked, consents and asks for a score; it returns the
  // request's id.
  async ask(rulebook) {
    await this.open('ask');
    await this.page.locator(`[name=rulebook][value="${rulebook}"]`).check();
    await this.page.locator('[name=consent]').check();
    await this.send('/api/score-requests');
    await this.on('request');
    return this.idInPath();
  }

  idInPath() {
    return new URL(this.page.url()).pathname.split('/').pop();
  }

  // read sends a GET to the API with this browser's cookies.
  async read(what) {
    const r = await this.page.request.get(`/api/${what}`);
    expect(r.status(), `GET /api/${what}`).toBe(200);
    return r.json();
  }

  // ready waits until the request is ready, and returns it.
  async ready(id) {
    let request;
    await expect
      .poll(
        async () => {
          request = await this.read(`score-requests/${id}`);
          return request.state;
        },
        { timeout: requestWithin, intervals: [500] },
      )
      .toBe('ready');
    return request;
  }

  // dispute files a dispute about a record or listing, and returns its id.
  async dispute(what, id, { reason, statement, evidence }) {
    await this.open(what, { id });
    await this.main.locator(`a[href*="/disputes/new?${what}=${id}"]`).first().click();
    await this.on('new-dispute');
    await this.page.locator(`[name=reason][value="${reason}"]`).check();
    await this.page.locator('[name=statement]').fill(statement);
    typed.add(statement);
    if (evidence) await this.page.locator('#evidence').setInputFiles(evidence);
    await this.send('/api/disputes');
    await this.on('dispute');
    return this.idInPath();
  }

  // accessible fails unless axe finds nothing on the page, with the light and the dark
  // colours. Where they were looked at already, 'none' leaves out contrast, which costs most.
  async accessible(what, schemes = ['light', 'dark']) {
    const colours = ['color-contrast', 'link-in-text-block'];
    const of = { light: {}, dark: { runOnly: colours }, none: { rules: Object.fromEntries(colours.map((c) => [c, { enabled: false }])) } };
    // There are no frames, so that one script on the page is enough for all its runs.
    if (!(await this.page.evaluate(() => 'axe' in window))) await this.page.evaluate(axe);
    for (const scheme of schemes) {
      await this.page.emulateMedia({ colorScheme: scheme === 'dark' ? 'dark' : 'light', reducedMotion: 'reduce' });
      const violations = await this.page.evaluate(async (options) => (await window.axe.run(document, options)).violations, {
        resultTypes: ['violations'],
        ...of[scheme],
      });
      expect
        .soft(
          violations.map((x) => `${x.id}: ${x.nodes.map((n) => `${n.target} ${n.failureSummary}`).join('; ')}`),
          `what axe finds on ${what}, ${scheme}`,
        )
        .toEqual([]);
    }
    if (schemes.includes('dark')) await this.page.emulateMedia({ colorScheme: 'light' });
  }

  // tab moves the focus by keyboard to an element, in at most so many steps, and checks
  // that the focus is visible and moves in the order of the page.
  async tab(selector, { within = 80 } = {}) {
    for (let i = 0; i < within; i++) {
      await this.page.keyboard.press('Tab');
      const state = await this.page.evaluate((s) => {
        const e = document.activeElement;
        if (!e?.matches(s)) return null;
        const show = (x) => {
          const c = getComputedStyle(x);
          return (c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) > 0) || c.boxShadow !== 'none';
        };
        const drawn = (l) => show(l) || ['::before', '::after'].some((p) => getComputedStyle(l, p).outlineStyle !== 'none' || getComputedStyle(l, p).boxShadow !== 'none');
        const box = e.getBoundingClientRect();
        return {
          // The label that draws a choice may show its focus.
          shown: show(e) || [...(e.labels ?? [])].some(drawn),
          inSight: box.bottom > 0 && box.top < innerHeight,
          ordered: [...document.querySelectorAll('[tabindex]')].every((x) => x.tabIndex <= 0),
        };
      }, selector);
      if (state) {
        return expect(state, `the focus on ${selector} shows, is in sight and came in order`).toEqual({ shown: true, inSight: true, ordered: true });
      }
    }
    throw new Error(`the focus never came to ${selector}`);
  }

  // shown waits until something is shown: by itself where scripts run, by loading the
  // page again where they don't.
  async shown(locator, { timeout = 15_000 } = {}) {
    if (this.js) return expect(locator).toBeVisible({ timeout });
    await expect(async () => {
      await this.page.reload();
      await expect(locator).toBeVisible({ timeout: 500 });
    }).toPass({ timeout });
  }
}

// misfits returns what of the page scrolls sideways, is cut, or lies on other text. It runs
// in the browser.
function misfits() {
  const name = (e) => `${e.tagName}.${e.getAttribute('class')} in ${e.parentElement?.getAttribute('class')}`;
  const root = document.documentElement;
  const found = [];
  if (root.scrollWidth > root.clientWidth) {
    found.push(`the page is ${root.scrollWidth} wide`);
    for (const e of document.querySelectorAll('body *')) {
      if (e.getBoundingClientRect().right > root.clientWidth + 1) found.push(`${name(e)} ends at ${e.getBoundingClientRect().right}`);
    }
  }
  // Text that floats over the page may lie on what is below it: it is compared with its own.
  const layers = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let t = walker.nextNode(); t; t = walker.nextNode()) {
    const e = t.parentElement;
    if (!t.data.trim() || !e.checkVisibility({ visibilityProperty: true }) || e.closest('script, .visually-hidden, .skip, svg, select, textarea')) continue;
    const range = document.createRange();
    range.selectNodeContents(t);
    let layer = document.body;
    let room;
    let hidden = false;
    for (let p = e; p !== document.body; p = p.parentElement) {
      const style = getComputedStyle(p);
      const box = p.getBoundingClientRect();
      if (style.clipPath !== 'none' || (box.width <= 1 && box.height <= 1)) hidden = true;
      if (style.overflowX !== 'visible' && style.display !== 'inline') room ??= box;
      if (layer === document.body && ['fixed', 'sticky', 'absolute'].includes(style.position)) layer = p;
    }
    if (hidden) continue;
    for (const r of range.getClientRects()) {
      if (r.width < 1 || r.height < 1) continue;
      if (room && (r.right > room.right + 2 || r.bottom > room.bottom + 2)) found.push(`"${t.data.trim().slice(0, 30)}" is cut in ${name(e)}`);
      if (!layers.has(layer)) layers.set(layer, []);
      layers.get(layer).push({ t, e, r });
    }
  }
  for (const texts of layers.values()) {
    texts.sort((a, b) => a.r.top - b.r.top);
    texts.forEach((a, i) => {
      for (let j = i + 1; j < texts.length && texts[j].r.top < a.r.bottom; j++) {
        const b = texts[j];
        const over = Math.min(a.r.bottom, b.r.bottom) - b.r.top;
        const beside = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
        // The boxes of lines may touch; letters may not.
        if (a.t !== b.t && beside > 3 && over > 0.6 * Math.min(a.r.height, b.r.height)) {
          found.push(`"${a.t.data.trim().slice(0, 30)}" and "${b.t.data.trim().slice(0, 30)}" overlap in ${name(a.e)}`);
        }
      }
    });
  }
  return found.slice(0, 8);
}

// idNumber appends the check character to the first 17 digits (ISO 7064 MOD 11-2).
export function idNumber(first17) {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((n, w, i) => n + w * Number(first17[i]), 0);
  return first17 + '10X98765432'[sum % 11];
}

// pdf returns a PDF of one page with a line of text.
export function pdf(text) {
  const stream = `BT /F1 18 Tf 60 760 Td (${text.replace(/[()\\]/g, '\\$&')}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.4\n';
  const at = objects.map((o, i) => {
    const offset = file.length;
    file += `${i + 1} 0 obj\n${o}\nendobj\n`;
    return offset;
  });
  const table = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  file += at.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('');
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return { name: 'receipt.pdf', mimeType: 'application/pdf', buffer: Buffer.from(file, 'latin1') };
}
