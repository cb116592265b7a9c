// Lighthouse, as for a phone, on the pages that everybody comes through: lines of
// "name value unit", each the median of RUNS. It fails where a page misses its aim.
import { chromium } from '@playwright/test';
import lighthouse from 'lighthouse';
import { wholeBrowser } from './playwright.config.mjs';
import { furnish } from './lib/furnish.mjs';
import { median } from './lib/median.mjs';
import { path } from './lib/routes.mjs';
import { Server, freePort } from './lib/server.mjs';

const runs = Number(process.env.RUNS ?? 5);
const leastScore = 90;
const mostBlocking = 300; // milliseconds

async function measure(url, cookie) {
  // A browser of its own each time, with nothing kept.
  const port = await freePort();
  const { args, ...options } = wholeBrowser;
  const browser = await chromium.launch({ ...options, args: [...args, `--remote-debugging-port=${port}`] });
  try {
    const { lhr } = await lighthouse(url, {
      port,
      logLevel: 'error',
      onlyCategories: ['performance'],
      extraHeaders: cookie ? { Cookie: cookie } : undefined,
    });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    if (new URL(lhr.finalDisplayedUrl).pathname !== new URL(url).pathname) throw new Error(`${url} led to ${lhr.finalDisplayedUrl}`);
    const value = (audit) => lhr.audits[audit].numericValue;
    return {
      performance: 100 * lhr.categories.performance.score,
      first_paint: value('first-contentful-paint'),
      largest_paint: value('largest-contentful-paint'),
      blocking: value('total-blocking-time'),
    };
  } finally {
    await browser.close();
  }
}

const server = await Server.start({ env: { DEMO_CLOCK_SCALE: '2880', LOCK_AFTER: '2h' } });
try {
  const { resident, ids } = await furnish(server);
  const cookie = resident.cookies.map((c) => `${c.name}=${c.value}`).join('; ');
  const pages = [
    { name: 'home' },
    { name: 'login' },
    { name: 'overview', cookie },
    { name: 'score', cookie },
    { name: 'rulebook', id: ids.rulebook },
  ];
  const found = Object.fromEntries(pages.map((p) => [p.name, []]));
  for (let i = 0; i < runs; i++) {
    for (const p of pages) found[p.name].push(await measure(server.url + path('en', p.name, p.id), p.cookie));
  }
  for (const { name } of pages) {
    const all = (what) => median(found[name].map((m) => m[what]));
    const [performance, blocking] = [all('performance'), all('blocking')];
    console.log(`lighthouse_${name}_performance ${performance} score`);
    for (const what of ['first_paint', 'largest_paint']) console.log(`lighthouse_${name}_${what} ${all(what)} ms`);
    console.log(`lighthouse_${name}_blocking ${blocking} ms`);
    if (performance < leastScore || blocking > mostBlocking) {
      console.error(`${name}: a performance of ${leastScore} and a blocking of ${mostBlocking} ms are the aim`);
      process.exitCode = 1;
    }
  }
} finally {
  await server.stop();
}
