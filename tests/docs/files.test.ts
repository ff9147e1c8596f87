import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeWords, documents, found, read } from './documents.ts';

const roots = new Set(
  globSync('*', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name),
);
const made = ['dist/', '.data/'];

/** Whether a word between backticks claims to be a file of this tree. */
function isFile(word: string): boolean {
  if (/[<>*{}()\s=…@]/.test(word) || made.includes(word) || word.startsWith('/')) return false;
  return roots.has(word.split('/')[0] ?? '') && word.includes('/')
    ? true
    : /^(\.ci\/|[A-Z]{4,}\.md$|\.\w+\.json$|[\w.]+\.config\.\w+$|package\.json$|\.env\.example$)/.test(
        word,
      );
}

/**
 * The links of a document into this tree: the file from the root, and the heading if it names one.
 */
function linksOf(file: string): { target: string; anchor: string | undefined }[] {
  return found(read(file), /\]\((?!https?:)([^)]+)\)/g).map((link) => {
    const [to = '', anchor] = link.split('#');
    return { target: to === '' ? file : path.join(path.dirname(file), to), anchor };
  });
}

/** The anchors that a Markdown page offers, made from its headings as code hosts make them. */
const anchorsOf = (file: string): string[] =>
  found(read(file), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('files', () => {
  it.each(documents)('%s names only files that exist', (file) => {
    const named = codeWords(read(file)).filter(isFile);
    const linked = linksOf(file).map(({ target }) => target);
    expect([...named, ...linked].filter((name) => !existsSync(name))).toEqual([]);
  });

  it.each(documents)('%s links only to headings that exist', (file) => {
    const lost = linksOf(file).filter(
      ({ target, anchor }) => anchor !== undefined && !anchorsOf(target).includes(anchor),
    );
    expect(lost).toEqual([]);
  });

  it.each(
    globSync('src/lib/*', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  )('src/lib/%s has its row among the layers', (name) => {
    expect(read('CONTRIBUTING.md')).toMatch(new RegExp(`^\\| .*\`src/lib/${name}/\`.* \\|`, 'm'));
  });

  it('are named at all', () => {
    expect(codeWords(read('README.md')).filter(isFile).length).toBeGreaterThan(30);
  });

  it.each(documents)('%s ends its lines before column 140, tables apart', (file) => {
    expect(
      read(file)
        .split('\n')
        .filter((line) => line.length > 140 && !line.startsWith('|')),
    ).toEqual([]);
  });
});

describe('decision records', () => {
  const decisions = globSync('docs/decisions/*.md').sort();

  it('are numbered without gaps', () => {
    const numbers = decisions.map((file) =>
      Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(path.basename(file))?.[1]),
    );
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it.each(decisions)('%s has its number, the three headings and fewer than 40 lines', (file) => {
    const text = read(file);
    expect(text).toMatch(new RegExp(`^# ${path.basename(file).slice(0, 4)} \\S`));
    expect(found(text, /^## (.+)$/gm)).toEqual(['Context', 'Decision', 'Consequences']);
    expect(text.trimEnd().split('\n').length).toBeLessThan(40);
  });
});
