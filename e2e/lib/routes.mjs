import { readFileSync } from 'node:fs';

const source = readFileSync(new URL('../../route.go', import.meta.url), 'utf8');

// languages and routes are read from route.go, so that a page that is added there is
// tested here.
export const languages = [...source.match(/Languages = \[\]string\{([^}]*)\}/)[1].matchAll(/"([^"]+)"/g)].map((m) => m[1]);

export const routes = [...source.matchAll(/^\t\{"([a-z-]+)", "([^"]*)", (\w+)\}/gm)].map(([, name, path, access]) => ({
  name,
  path,
  access,
}));

if (languages.length < 2 || routes.length < 20) throw new Error('route.go does not read as expected');

// path returns the path of a page in a language, with its id.
export function path(lang, name, id) {
  const r = routes.find((x) => x.name === name);
  if (!r) throw new Error(`no page named ${name}`);
  return `/${lang}/${id === undefined ? r.path : r.path.replace('{id}', id)}`;
}
