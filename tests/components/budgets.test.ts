import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listBudgets } from '../../scripts/budgets/site.ts';
import { excesses, weigh, type Weight } from '../../scripts/budgets/weigh.ts';

/** Text that gzip cannot make smaller than `bytes`. */
const heavy = (bytes: number) => `/*${randomBytes(bytes).toString('base64url')}*/`;
const kilobytes = (texts: string[]) =>
  texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;

/** A module of a built page and where it leads. */
interface Module {
  now: number[];
  later: number[];
}
/** A page as the build writes it. Modules and styles are files of ours. */
interface Site {
  html: string;
  files: Record<string, string>;
}
interface Plan {
  modules: Module[];
  /** Modules that the page names, and which of them it only preloads. */
  entries: { module: number; isPreload: boolean }[];
  styles: number;
  inline: number;
}

const fileOf = (module: number) => `./m${module}.js`;
const staticForms = [
  (file: string) => `import"${file}";`,
  (file: string) => `import{a as b,c}from"${file}";`,
  (file: string) => `import d,*as e from '${file}';`,
  (file: string) => `export*from"${file}";`,
  (file: string) => `export{a as g}from'${file}';`,
];
const formOf = (index: number) => staticForms[index % staticForms.length] ?? String;

/** Writes the page and its files, each of a weight of its own. */
function build({ modules, entries, styles, inline }: Plan): Site {
  const files: Record<string, string> = {};
  modules.forEach(({ now, later }, index) => {
    const imports = now.map((module, at) => formOf(index + at)(fileOf(module)));
    const calls = later.map((module) => `f(()=>import("${fileOf(module)}"));`);
    files[`/_astro/m${index}.js`] = [...imports, ...calls, heavy(300 + 70 * index)].join('');
  });
  for (let index = 0; index < styles; index += 1)
    files[`/_astro/s${index}.css`] = heavy(200 + 90 * index);
  const tags = [
    ...Array.from(
      { length: styles },
      (_, index) => `<link rel="stylesheet" href="/_astro/s${index}.css">`,
    ),
    ...entries.map(({ module, isPreload }) =>
      isPreload
        ? `<link rel="modulepreload" href="/_astro/m${module}.js">`
        : `<script type="module" src="/_astro/m${module}.js"></script>`,
    ),
    ...inlineCode(inline).map((code) => `<script type="module">${code}</script>`),
    '<script type="application/json">{"rows":[]}</script><link rel="icon" href="/icon.svg">',
  ];
  return { html: `<!doctype html><head>${tags.join('')}</head><p>${heavy(100)}</p>`, files };
}

const inlineCode = (count: number) =>
  Array.from({ length: count }, (_, index) => `let a${index}=${'1+'.repeat(index)}1`);

const weightOf = ({ html, files }: Site): Promise<Weight> =>
  weigh(html, async (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no ${path}`);
    return text;
  });

/** The modules within reach of some, these included. */
function reach(modules: Module[], from: Iterable<number>, next: (module: Module) => number[]) {
  const found = new Set(from);
  for (const index of found) {
    const module = modules[index];
    if (module) for (const other of next(module)) found.add(other);
  }
  return found;
}

const most = 6;
const module = fc.nat({ max: most - 1 });
const plans: fc.Arbitrary<Plan> = fc.record({
  modules: fc.array(
    fc.record({
      now: fc.uniqueArray(module, { maxLength: 2 }),
      later: fc.uniqueArray(module, { maxLength: 1 }),
    }),
    { minLength: most, maxLength: most },
  ),
  entries: fc.array(fc.record({ module, isPreload: fc.boolean() }), { maxLength: 3 }),
  styles: fc.nat({ max: 3 }),
  inline: fc.nat({ max: 3 }),
});

describe('the weight of a page', () => {
  it('is what it fetches at once, each file once, and what it fetches later', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const site = build(plan);
        const { modules, entries, styles, inline } = plan;
        const now = reach(
          modules,
          entries.map((entry) => entry.module),
          (one) => one.now,
        );
        const all = reach(modules, now, (one) => [...one.now, ...one.later]);
        const texts = (indexes: Iterable<number>) =>
          [...indexes].map((index) => site.files[`/_astro/m${index}.js`] ?? '');
        const weight = await weightOf(site);
        expect(weight.js).toBeCloseTo(kilobytes([...texts(now), ...inlineCode(inline)]), 6);
        expect(weight.later).toBeCloseTo(kilobytes(texts(all.difference(now))), 6);
        const css = Array.from(
          { length: styles },
          (_, index) => site.files[`/_astro/s${index}.css`],
        );
        expect(weight.css).toBeCloseTo(kilobytes(css.map((text) => text ?? '')), 6);
        expect(weight.html).toBeCloseTo(kilobytes([site.html]), 6);
      }),
      { numRuns: 200 },
    );
  });

  it('is not known when a file of it cannot be read', async () => {
    const site = build({ ...plain, modules: [{ now: [7], later: [] }] });
    await expect(weightOf(site)).rejects.toThrow('no /_astro/m7.js');
  });
});

/** One module with another one behind it and one for later, and a style. */
const plain: Plan = {
  modules: [
    { now: [1], later: [2] },
    { now: [], later: [] },
    { now: [], later: [] },
  ],
  entries: [{ module: 0, isPreload: false }],
  styles: 1,
  inline: 1,
};

describe('a budget', () => {
  const grow: Record<string, [keyof Weight, (site: Site) => Site]> = {
    'an entry': ['js', (site) => addTo(site, '/_astro/m0.js')],
    'a module that an entry imports': ['js', (site) => addTo(site, '/_astro/m1.js')],
    'a module for later': ['later', (site) => addTo(site, '/_astro/m2.js')],
    'a style': ['css', (site) => addTo(site, '/_astro/s0.css')],
    'the document': ['html', (site) => ({ ...site, html: site.html + heavy(500) })],
  };
  const addTo = (site: Site, file: string): Site => ({
    ...site,
    files: { ...site.files, [file]: `${site.files[file]}${heavy(500)}` },
  });

  it.each(Object.entries(grow))(
    'names what is over it when %s grows',
    async (_, [part, larger]) => {
      const site = build(plain);
      const weight = await weightOf(site);
      expect(excesses(weight, weight)).toEqual([]);
      const grown = await weightOf(larger(site));
      expect(excesses(grown, weight)).toEqual([
        `${part} ${grown[part].toFixed(1)} kB > ${weight[part]} kB`,
      ]);
      expect(grown[part] - weight[part]).toBeGreaterThan(0.4);
    },
  );

  it('names every part that is over it, and none that is at it', () => {
    const budget: Weight = { js: 90, css: 25, html: 60, later: 200 };
    expect(excesses({ js: 90.1, css: 25, html: 61, later: 200.5 }, budget)).toEqual([
      'js 90.1 kB > 90 kB',
      'html 61.0 kB > 60 kB',
      'later 200.5 kB > 200 kB',
    ]);
  });

  it('is there for each page of a workspace, and allows the lead table alone more code', () => {
    const all = Object.entries(listBudgets('summit'));
    const common = listBudgets('summit')['/sign-in'];
    expect(all.filter(([, { js }]) => js !== common?.js)).toEqual([
      ['/w/summit/leads', { ...common, js: 150 }],
    ]);
    expect(all.map(([path]) => path)).toEqual(
      expect.arrayContaining(['/w/summit/dashboard', '/w/summit/referrals']),
    );
  });
});
