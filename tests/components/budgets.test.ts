import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { budgets, excesses, weigh } from '../../scripts/budgets.ts';

/** Text that gzip cannot make smaller than `bytes`. */
const heavy = (bytes: number) => `/*${randomBytes(bytes).toString('base64')}*/`;

const files: Record<string, string> = {
  '/_astro/entry.js': `import{a as b}from"./shared.js";b(()=>import("./later.js"));${heavy(10_000)}`,
  '/_astro/shared.js': heavy(20_000),
  '/_astro/later.js': `import{a}from"./shared.js";${heavy(40_000)}`,
  '/_astro/style.css': heavy(5_000),
};
const read = async (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error(`no ${path}`);
  return text;
};
const html =
  '<link rel="stylesheet" href="/_astro/style.css"><script type="module" src="/_astro/entry.js"></script><script type="module">let a=1</script><script type="application/json">{}</script>';

test('a page weighs what it fetches at once, each file once, and apart from it what it fetches later', async () => {
  const weight = await weigh(html, read);
  expect(weight.js).toBeGreaterThan(30);
  expect(weight.js).toBeLessThan(32);
  expect(weight.later).toBeGreaterThan(40);
  expect(weight.later).toBeLessThan(42);
  expect(weight.css).toBeGreaterThan(5);
  expect(weight.html).toBeLessThan(1);
});

test('what is over its budget is named', () => {
  const budget = budgets('summit')['/w/summit/leads'];
  if (budget === undefined) throw new Error('The lead table has no budget');
  expect(excesses(budget, budget)).toEqual([]);
  expect(excesses({ ...budget, css: 25.1 }, budget)).toEqual(['css 25.1 kB > 25 kB']);
});
