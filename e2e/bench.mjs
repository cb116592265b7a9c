// What a resident waits for on a phone: pages of ours beside go-app's own hello
// world, on Lighthouse's Slow 4G and with a processor four times slower, with
// nothing kept from before. The pages take turns, so that whatever else this
// machine does falls on all of them; each line is the median, "name value unit".
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { phone, wholeBrowser } from './playwright.config.mjs';
import { furnish } from './lib/furnish.mjs';
import { median } from './lib/median.mjs';
import { path } from './lib/routes.mjs';
import { Server, answers, freePort } from './lib/server.mjs';

const runs = Number(process.env.RUNS ?? 5);
const slowerProcessor = 4; // times
const slow4G = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 }; // ms, bytes a second
const longTask = 50; // milliseconds: what a task may take before it blocks
const quiet = 1000; // milliseconds after the page was taken over, for what follows from it

const bin = resolve(fileURLToPath(import.meta.url), '../../bin/hello');

async function hello() {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(resolve(bin, 'hello'), [address, bin], { stdio: 'inherit' });
  const url = `http://${address}`;
  for (const until = Date.now() + 20_000; !(await answers(`${url}/`)); await new Promise((r) => setTimeout(r, 100))) {
    if (child.exitCode !== null || Date.now() > until) throw new Error('hello does not answer');
  }
  return { url: `${url}/`, stop: () => child.kill() };
}

// measure opens an address with nothing kept, and returns what the browser says.
async function measure(browser, { url, state }) {
  // What a service worker fetches would be neither slowed down nor counted.
  const context = await browser.newContext({ ...phone, locale: 'en', storageState: state, serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    let transferred = 0;
    cdp.on('Network.loadingFinished', (e) => (transferred += e.encodedDataLength));
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', slow4G);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowerProcessor });
    await page.addInitScript(() => {
      window.tasks = [];
      new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((t) => [t.startTime, t.duration]))).observe({
        type: 'longtask',
        buffered: true,
      });
    });
    await page.goto(url, { waitUntil: 'commit', timeout: 60_000 });
    await page.waitForFunction(() => performance.getEntriesByName('mounted').length > 0, null, { timeout: 60_000, polling: 100 });
    await page.waitForTimeout(quiet);
    const { painted, mounted, tasks } = await page.evaluate(() => ({
      painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      mounted: performance.getEntriesByName('mounted')[0].startTime,
      tasks: window.tasks,
    }));
    const blocking = tasks
      .filter(([start]) => start >= painted)
      .reduce((sum, [, duration]) => sum + Math.max(0, duration - longTask), 0);
    return { first_paint: painted, mounted, blocking, transferred };
  } finally {
    await context.close();
  }
}

const server = await Server.start({ env: { DEMO_CLOCK_SCALE: '2880', LOCK_AFTER: '2h' } });
let stock;
let browser;
try {
  const { resident } = await furnish(server);
  stock = await hello();
  browser = await chromium.launch(wholeBrowser);
  const pages = {
    hello: { url: stock.url },
    overview: { url: server.url + path('en', 'overview'), state: resident },
    score: { url: server.url + path('en', 'score'), state: resident },
  };
  const found = Object.fromEntries(Object.keys(pages).map((name) => [name, []]));
  for (let i = 0; i < runs; i++) {
    for (const [name, page] of Object.entries(pages)) found[name].push(await measure(browser, page));
  }
  const all = (name, what) => median(found[name].map((m) => m[what]));
  for (const name of Object.keys(pages)) {
    for (const what of ['first_paint', 'mounted', 'blocking']) console.log(`browser_${name}_${what} ${all(name, what)} ms`);
    console.log(`browser_${name}_transferred ${all(name, 'transferred')} bytes`);
  }
  for (const name of ['overview', 'score']) {
    console.log(`browser_${name}_mounted_of_hello ${Math.round((100 * all(name, 'mounted')) / all('hello', 'mounted'))} %`);
  }
} finally {
  await browser?.close();
  stock?.stop();
  await server.stop();
}
