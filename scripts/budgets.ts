import { gzipSync } from 'node:zlib';

/**
 * Weighs every page as a browser receives it, gzipped, and fails when one is heavier than its budget.
 *
 *   npm start                         (in another terminal)
 *   tsx scripts/budgets.ts --url http://localhost:4321 --tenant summit --email admin@summit.test --password tributary-demo
 */

/** Kilobytes of 1,000 bytes, gzip. `later` is code that is fetched only when somebody reaches for a chart. */
export interface Weight {
  js: number;
  css: number;
  html: number;
  later: number;
}

const common: Weight = { js: 90, css: 25, html: 60, later: 200 };

/** The pages and what each may weigh. */
export function budgets(slug: string): Record<string, Weight> {
  const pages = ['dashboard', 'reports', 'pipeline', 'hot-list', 'notes', 'schedule'];
  return {
    '/sign-in': common,
    [`/w/${slug}/leads`]: { ...common, js: 150 },
    ...Object.fromEntries(pages.map((page) => [`/w/${slug}/${page}`, common])),
  };
}

type Read = (path: string) => Promise<string>;

/** The weight of one page. `read` gives the text of a file of ours by its path. */
export async function weigh(html: string, read: Read): Promise<Weight> {
  const styles = await Promise.all(links(html, /<link[^>]*rel="stylesheet"[^>]*>/g, 'href').map(read));
  const entries = links(html, /<(?:script|link)[^>]*(?:type="module"|rel="modulepreload")[^>]*>/g, '(?:src|href|component-url|renderer-url)');
  const now = await closure(entries, read, staticImports);
  const all = await closure([...now.keys()], read, (code) => [...staticImports(code), ...dynamicImports(code)]);
  const later = [...all].filter(([path]) => !now.has(path)).map(([, code]) => code);
  const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)(?![^>]*application\/(?:ld\+)?json)[^>]*>([\s\S]*?)<\/script>/g)].map(([, code]) => code ?? '');
  return { js: sizes([...now.values(), ...inline]), css: sizes(styles), html: sizes([html]), later: sizes(later) };
}

function links(html: string, tag: RegExp, attribute: string): string[] {
  const value = new RegExp(`\\s${attribute}="(/[^"]+)"`);
  return [...html.matchAll(tag)].flatMap(([found]) => value.exec(found)?.[1] ?? []);
}

/** The files that the entries need, each once, with their text. */
async function closure(entries: string[], read: Read, next: (code: string) => string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    const code = await read(path);
    found.set(path, code);
    for (const name of next(code)) open.push(new URL(name, `http://x${path}`).pathname);
  }
  return found;
}

function staticImports(code: string): string[] {
  return [...code.matchAll(/\b(?:import|export)\b[^'"`();]*["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g)].flatMap(([, name]) => name ?? []);
}

function dynamicImports(code: string): string[] {
  return [...code.matchAll(/\bimport\(\s*["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g)].flatMap(([, name]) => name ?? []);
}

function sizes(texts: string[]): number {
  return texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;
}

/** Which parts of a page are too heavy, in words. */
export function excesses(weight: Weight, budget: Weight): string[] {
  const parts = Object.keys(budget) as (keyof Weight)[];
  return parts.filter((part) => weight[part] > budget[part]).map((part) => `${part} ${weight[part].toFixed(1)} kB > ${budget[part]} kB`);
}

async function signIn(base: string, email: string, password: string): Promise<string> {
  const answer = await fetch(new URL('/api/auth/sign-in/email', base), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(base).origin },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`Signing in as ${email} was answered with ${answer.status}. Is this the demo's address and password?`);
  return answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
}

async function weighSite(options: Map<string, string>): Promise<boolean> {
  const base = options.get('--url') ?? 'http://localhost:4321';
  const slug = options.get('--tenant') ?? 'summit';
  const cookie = await signIn(base, options.get('--email') ?? `admin@${slug}.test`, options.get('--password') ?? 'tributary-demo');
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(new URL(path, base), { headers, redirect: 'error' });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}.`);
    return answer.text();
  };
  let good = true;
  for (const [path, budget] of Object.entries(budgets(slug))) {
    const weight = await weigh(await get(path, path === '/sign-in' ? {} : { cookie }), (file) => get(file));
    const over = excesses(weight, budget);
    good &&= over.length === 0;
    const figures = (Object.keys(weight) as (keyof Weight)[]).map((part) => `${part} ${weight[part].toFixed(1)}`).join('  ');
    process.stdout.write(`${over.length === 0 ? 'ok  ' : 'OVER'} ${path.padEnd(24)} ${figures}${over.length > 0 ? `  (${over.join(', ')})` : ''}\n`);
  }
  return good;
}

if (process.argv[1]?.endsWith('budgets.ts')) {
  const words = process.argv.slice(2);
  const options = new Map(words.flatMap((word, index) => (word.startsWith('--') ? [[word, words[index + 1] ?? ''] as const] : [])));
  process.exitCode = (await weighSite(options)) ? 0 : 1;
}
