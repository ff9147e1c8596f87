import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { demoPassword } from './demo.ts';
import { findFreePort } from './embedded-postgres.ts';
import { stopPart } from './processes.ts';

/**
 * Weighs every page as a browser receives it, gzipped, and fails when one is heavier than its
 * budget.
 *
 *     npm run budgets                                  on a demo server of its own
 *     npm run budgets -- --url http://localhost:4321   on a server that runs
 *
 * --tenant, --email and --password say whose pages; the demo's `summit` and its admin unless given.
 */

/**
 * Kilobytes of 1,000 bytes, gzip. `later` is code that is fetched only when somebody reaches for a
 * chart.
 */
export interface Weight {
  js: number;
  css: number;
  html: number;
  later: number;
}

const common: Weight = { js: 90, css: 25, html: 60, later: 200 };

/** The pages and what each may weigh. */
export function listBudgets(slug: string): Record<string, Weight> {
  const pages = [
    'dashboard',
    'reports',
    'pipeline',
    'hot-list',
    'referrals',
    'notes',
    'schedule',
    'pushes',
    'conflicts',
    'settings/mapping',
    'settings/features',
    'settings/scoring',
  ];
  return {
    '/sign-in': common,
    [`/w/${slug}/leads`]: { ...common, js: 150 },
    ...Object.fromEntries(pages.map((page) => [`/w/${slug}/${page}`, common])),
  };
}

type Read = (path: string) => Promise<string>;

/** The weight of one page. `read` gives the text of a file of ours by its path. */
export async function weigh(html: string, read: Read): Promise<Weight> {
  const styles = await Promise.all(
    findLinks(html, /<link[^>]*rel="stylesheet"[^>]*>/g, 'href').map(read),
  );
  const entries = findLinks(
    html,
    /<(?:script|link)[^>]*(?:type="module"|rel="modulepreload")[^>]*>/g,
    '(?:src|href|component-url|renderer-url)',
  );
  const now = await collectFiles(entries, read, findStaticImports);
  const all = await collectFiles([...now.keys()], read, (code) => [
    ...findStaticImports(code),
    ...findDynamicImports(code),
  ]);
  const later = [...all].filter(([path]) => !now.has(path)).map(([, code]) => code);
  const inline = [
    ...html.matchAll(
      /<script(?![^>]*\bsrc=)(?![^>]*application\/(?:ld\+)?json)[^>]*>([\s\S]*?)<\/script>/g,
    ),
  ].map(([, code]) => code ?? '');
  return {
    js: sumSizes([...now.values(), ...inline]),
    css: sumSizes(styles),
    html: sumSizes([html]),
    later: sumSizes(later),
  };
}

function findLinks(html: string, tag: RegExp, attribute: string): string[] {
  const value = new RegExp(`\\s${attribute}="(/[^"]+)"`);
  return [...html.matchAll(tag)].flatMap(([found]) => value.exec(found)?.[1] ?? []);
}

/** The files that the entries need, each once, with their text. */
async function collectFiles(
  entries: string[],
  read: Read,
  next: (code: string) => string[],
): Promise<Map<string, string>> {
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

function findStaticImports(code: string): string[] {
  return [
    ...code.matchAll(/\b(?:import|export)\b[^'"`();]*["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g),
  ].flatMap(([, name]) => name ?? []);
}

function findDynamicImports(code: string): string[] {
  return [...code.matchAll(/\bimport\(\s*["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g)].flatMap(
    ([, name]) => name ?? [],
  );
}

function sumSizes(texts: string[]): number {
  return texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;
}

/** Which parts of a page are too heavy, in words. */
export function excesses(weight: Weight, budget: Weight): string[] {
  const parts = Object.keys(budget) as (keyof Weight)[];
  return parts
    .filter((part) => weight[part] > budget[part])
    .map((part) => `${part} ${weight[part].toFixed(1)} kB > ${budget[part]} kB`);
}

async function signIn(base: string, email: string, password: string): Promise<string> {
  const response = await fetch(new URL('/api/auth/sign-in/email', base), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(base).origin },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok)
    throw new Error(
      `Signing in as ${email} was answered with ${response.status}. ` +
        "Is this the demo's address and password?",
    );
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/** Where a site is, and who looks at it. */
export interface Site {
  url: string;
  /** The workspace whose pages are weighed. */
  slug: string;
  email: string;
  password: string;
}

export interface WeighedPage {
  path: string;
  weight: Weight;
  /** Empty when the page keeps its budget. */
  excesses: string[];
}

/** Weighs each page that has a budget on a running server. Rejects when one cannot be read. */
export async function weighSite({ url, slug, email, password }: Site): Promise<WeighedPage[]> {
  const cookie = await signIn(url, email, password);
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(path, url), { headers, redirect: 'error' });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}.`);
    return response.text();
  };
  const pages: WeighedPage[] = [];
  for (const [path, budget] of Object.entries(listBudgets(slug))) {
    const weight = await weigh(await get(path, path === '/sign-in' ? {} : { cookie }), (file) =>
      get(file),
    );
    pages.push({ path, weight, excesses: excesses(weight, budget) });
  }
  return pages;
}

function formatLine({ path, weight, excesses: over }: WeighedPage): string {
  const figures = (Object.keys(weight) as (keyof Weight)[])
    .map((part) => `${part} ${weight[part].toFixed(1)}`)
    .join('  ');
  return (
    `${over.length === 0 ? 'ok  ' : 'OVER'} ${path.padEnd(24)} ` +
    `${figures}${over.length > 0 ? `  (${over.join(', ')})` : ''}\n`
  );
}

/**
 * The demo on a server of its own, in a database that is thrown away. `work` gets its address once
 * `slug` has data.
 */
async function withDemo<Result>(
  slug: string,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tributary-budgets-'));
  const port = await findFreePort();
  const env = {
    ...process.env,
    TRIBUTARY_DATA_DIR: directory,
    DATABASE_URL: '',
    PUBLIC_URL: '',
    PORT: String(port),
    LOG_LEVEL: 'silent',
  };
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const url = `http://localhost:${port}`;
    while (!(await hasData(url, slug))) {
      if (child.exitCode !== null)
        throw new Error('The demo could not be started. Run npm start to see why.');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return await work(url);
  } finally {
    await stopPart({ name: 'demo', child });
    rmSync(directory, { recursive: true, force: true });
  }
}

/** False while the server is not up yet or has not read its source once. */
async function hasData(url: string, slug: string): Promise<boolean> {
  const alive = await fetch(new URL('/healthz', url)).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!alive) return false;
  const cookie = await signIn(url, `admin@${slug}.test`, demoPassword);
  const response = await fetch(new URL(`/api/sync/status?tenant=${slug}`, url), {
    headers: { cookie },
  });
  return ((await response.json()) as { lastSyncAt: string | null }).lastSyncAt !== null;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { url: text, tenant: text, email: text, password: text },
  });
  const { tenant: slug = 'summit', email = `admin@${slug}.test`, password = demoPassword } = values;
  const weighAt = (url: string) => weighSite({ url, slug, email, password });
  const pages =
    values.url === undefined ? await withDemo(slug, weighAt) : await weighAt(values.url);
  for (const page of pages) process.stdout.write(formatLine(page));
  process.exitCode = pages.every(({ excesses: over }) => over.length === 0) ? 0 : 1;
}

if (process.argv[1]?.endsWith('budgets.ts')) await main();
