import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { limits } from '#lib/conversion/transformations/kit/limits.ts';
import { run } from './kit.ts';

const extract = (pattern: string, given: string) =>
  run([{ fn: 'regex-extract', args: { pattern } }], given);

describe('regular expressions of people', () => {
  it.each([
    ['(a+)+$', `${'a'.repeat(50_000)}!`, null],
    ['(a|a)*b', 'a'.repeat(50_000), null],
    ['(.*)*x', 'y'.repeat(20_000), null],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(20_000), null],
  ])('%s ends on text that would hang a backtracking engine', async (pattern, text, found) => {
    const { values, problems } = await extract(pattern, text);
    expect(values.out ?? null).toBe(found);
    for (const { reason } of problems) expect(reason).toContain('too long');
  });

  it('have a bound for all searches together', async () => {
    const steps = [{ fn: 'regex-replace', args: { pattern: 'a.*b|a', with: '-' } }];
    const { problems } = await run(steps, 'a'.repeat(100_000));
    expect(problems).toEqual([
      { target: 'out', step: 1, reason: 'The value is too long for this regular expression.' },
    ]);
  });

  it.each(['(?=a)b', '(a)\\1', 'a{1000}{1000}', '(', '\\'])(
    '%s is refused before it sees a value, with what is wrong',
    async (pattern) => {
      await expect(extract(pattern, 'x')).rejects.toThrow(
        /^out, step 1: The pattern cannot be read: ./,
      );
    },
  );

  it('are bounded in length', async () => {
    await expect(extract('a'.repeat(limits.pattern + 1), 'x')).rejects.toThrow('"pattern"');
  });

  it('name groups that exist', async () => {
    const with2 = { pattern: '(a)', with: '$2' };
    await expect(run([{ fn: 'regex-replace', args: with2 }], 'a')).rejects.toThrow('group 2');
    const group3 = { pattern: '(a)', group: 3 };
    await expect(run([{ fn: 'regex-extract', args: group3 }], 'a')).rejects.toThrow('from 0 to 1');
  });
});

describe('the source', () => {
  const sources = globSync('src/lib/conversion/{transformations,schema}/**/*.ts').map(
    (file) => [file, readFileSync(file, 'utf8')] as const,
  );

  it.each(sources)('%s makes no regular expression and no code at run time', (_file, source) => {
    expect(source).not.toMatch(/new RegExp|\bRegExp\(|\beval\b|new Function/);
  });

  it.each(sources)('%s loads the engine and large tables on demand only', (_file, source) => {
    expect(source).not.toMatch(/^import (?!type).*from '(?:re2js|libphonenumber-js|i18n-iso)/m);
  });
});
