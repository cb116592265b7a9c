import { inflateSync } from 'node:zlib';
import { expect } from '@playwright/test';
import { totp } from './totp.mjs';

// password is what everybody of a city without the demo chooses.
export const password = 'quiet-river-7719';

// activate sets up a login by its one-time code, and returns the secret and the recovery
// codes. With a guard it mistypes the first code of the authenticator.
export async function activate(person, login, code, guard) {
  const page = person.page;
  const accessible = (what) => person.js && person.accessible(what); // axe is a script
  await person.open('staff-activate');
  await accessible('the first step of an activation');
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=code]').fill(code);
  await page.locator('[name=new_password]').fill(password);
  await person.send('/api/staff/activate');
  await expect(page.locator('svg.qr')).toBeVisible();
  await accessible('the second factor');
  const secret = await page.locator('#secret').innerText();
  if (guard) {
    guard.allow(/status of 422/);
    await page.locator('[name=totp]').fill('000000');
    await person.send('/api/staff/activate/confirm');
    await expect(page.locator('#error-summary')).toBeVisible();
    await expect(page.locator('#secret')).toHaveText(secret);
  }
  await page.locator('[name=totp]').fill(totp(secret));
  await person.send('/api/staff/activate/confirm');
  await expect(page.locator('.recovery-codes')).toBeVisible();
  await accessible('the recovery codes');
  return { secret, recovery: await page.locator('.recovery-codes code').allInnerTexts() };
}

// pdfText returns the text of a PDF of the server, whose codes are UTF-16.
export function pdfText(pdf) {
  let text = '';
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 7)) {
    try {
      text += inflateSync(pdf.subarray(at + 7), { finishFlush: 2 }).toString('latin1');
    } catch {
      // it is no compressed stream
    }
  }
  return text.replaceAll('\0', '');
}

// checkCharacter returns the last character of an ID number, by GB 11643-1999.
export function checkCharacter(digits) {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return '10X98765432'[weights.reduce((sum, w, i) => sum + w * digits[i], 0) % 11];
}
