import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const chromium = process.env.CHROMIUM || '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

// The whole browser, with its windows, is what people have. What a test does not see of
// it costs a fifth of the processor, so the other tests use Chromium's headless shell: the
// same engine without notifications and windows.
export const wholeBrowser = { executablePath: chromium, args };
const shell = process.env.CHROMIUM ? chromium : ['/usr/bin/chromium-headless-shell', chromium].find(existsSync);

// The phone that the product is made for, and the screen of a handler.
export const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
export const desk = { viewport: { width: 1280, height: 900 } };

export default defineConfig({
  testDir: 'specs',
  outputDir: 'out/results',
  // Each worker has a browser, a server and its Kratos. Two cores can run four of
  // each, because the tests mostly wait for agencies.
  workers: Number(process.env.E2E_WORKERS ?? 4),
  fullyParallel: false,
  forbidOnly: true,
  // A test that passes only the second time is named as flaky at the end of the run.
  retries: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    ...phone,
    locale: 'en-GB',
    timezoneId: 'Asia/Shanghai',
    // A page that takes longer than this to load or to react counts as broken.
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    // Recording screenshots takes longer than the tests themselves: TRACE=1 records.
    trace: process.env.TRACE ? { mode: 'retain-on-failure', screenshots: false } : 'off',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: shell, args },
  },
  projects: [
    { name: 'e2e', testIgnore: /screenshots/ },
    { name: 'screenshots', testMatch: /screenshots/ },
  ],
});
