import { readFileSync } from 'node:fs';

const files = new Map();

// sentence returns a sentence of i18n as a pattern that matches any values of its
// placeholders. It throws if a key has no sentence.
export function sentence(lang, key) {
  if (!files.has(lang)) {
    files.set(lang, JSON.parse(readFileSync(new URL(`../../i18n/${lang}.json`, import.meta.url), 'utf8')));
  }
  const found = files.get(lang)[key] ?? key.split('.').reduce((o, k) => o?.[k], files.get(lang));
  if (found === undefined) throw new Error(`no sentence ${key} in ${lang}`);
  const forms = typeof found === 'string' ? [found] : Object.values(found);
  return new RegExp(forms.map((s) => s.split(/\{[^}]*\}/).map(escape).join('.*')).join('|'));
}

function escape(s) {
  return s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
