import { gzipSync } from 'node:zlib';

/**
 * The parts of a page in kilobytes of 1,000 bytes, gzipped. `later` is code that the browser
 * fetches only when a person opens a chart.
 */
export interface Weight {
  js: number;
  css: number;
  html: number;
  later: number;
}

/** Returns the text of one of our files by its path. */
type Read = (path: string) => Promise<string>;

/** Weighs one page: its HTML and every script and stylesheet that it links to. */
export async function weigh(html: string, read: Read): Promise<Weight> {
  const styles = await Promise.all(findStylesheets(html).map(read));
  const now = await collectFiles(findScripts(html), read, findStaticImports);
  const all = await collectFiles([...now.keys()], read, findAllImports);
  const later = [...all].filter(([path]) => !now.has(path)).map(([, code]) => code);
  return {
    js: sumSizes([...now.values(), ...findInlineScripts(html)]),
    css: sumSizes(styles),
    html: sumSizes([html]),
    later: sumSizes(later),
  };
}

const findStylesheets = (html: string): string[] =>
  findLinks(html, /<link[^>]*rel="stylesheet"[^>]*>/g, 'href');

const findScripts = (html: string): string[] =>
  findLinks(
    html,
    /<(?:script|link)[^>]*(?:type="module"|rel="modulepreload")[^>]*>/g,
    '(?:src|href|component-url|renderer-url)',
  );

function findLinks(html: string, tag: RegExp, attribute: string): string[] {
  const value = new RegExp(`\\s${attribute}="(/[^"]+)"`);
  return [...html.matchAll(tag)].flatMap(([found]) => value.exec(found)?.[1] ?? []);
}

const inlineScript =
  /<script(?![^>]*\bsrc=)(?![^>]*application\/(?:ld\+)?json)[^>]*>([\s\S]*?)<\/script>/g;

const findInlineScripts = (html: string): string[] =>
  [...html.matchAll(inlineScript)].map(([, code]) => code ?? '');

/** Follows imports from the entries and returns the text of each file, by its path. */
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

const findAllImports = (code: string): string[] => [
  ...findStaticImports(code),
  ...findDynamicImports(code),
];

const findStaticImports = (code: string): string[] =>
  findNames(code, /\b(?:import|export)\b[^'"`();]*["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g);

const findDynamicImports = (code: string): string[] =>
  findNames(code, /\bimport\(\s*["'`](\.{1,2}\/[\w./-]+\.js)["'`]/g);

const findNames = (code: string, pattern: RegExp): string[] =>
  [...code.matchAll(pattern)].flatMap(([, name]) => name ?? []);

function sumSizes(texts: string[]): number {
  return texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;
}

/** Names the parts of a page that exceed its budget, such as "js 91.2 kB > 90 kB". */
export function excesses(weight: Weight, budget: Weight): string[] {
  const parts = Object.keys(budget) as (keyof Weight)[];
  return parts
    .filter((part) => weight[part] > budget[part])
    .map((part) => `${part} ${weight[part].toFixed(1)} kB > ${budget[part]} kB`);
}
