import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documents, found, read, sortedSet } from './documents.ts';

/** The docs speak to a reader who has only this tree. */
const foreign =
  /\b(AI|LLMs?|GPT|assistants?|language models?|copilot|this session|TODO|FIXME|TBD)\b|\/work\/|\/tmp\/|\bissue \d/i;

describe('words', () => {
  const readings = sortedSet([
    ...documents,
    ...globSync('{src,worker,cli,sandbox,scripts,tests,bench}/**/*.md'),
    '.env.example',
    'package.json',
  ]);

  it.each(readings)('%s speaks of the project only', (file) => {
    expect(
      read(file)
        .split('\n')
        .filter((line) => foreign.test(line)),
    ).toEqual([]);
  });

  it.each(documents)('%s has headings in sentence case and no pictures in its words', (file) => {
    const headings = found(read(file), /^#+ (.+)$/gm);
    expect(headings.filter((heading) => /\p{Extended_Pictographic}/u.test(heading))).toEqual([]);
    expect(read(file)).not.toMatch(/\p{Emoji_Presentation}/u);
  });
});
