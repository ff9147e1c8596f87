import { globSync, readFileSync } from 'node:fs';

/** The text of a file of the tree, by its path from the root. */
export const read = (file: string): string => readFileSync(file, 'utf8');

/** Every document that a reader of the project may open first. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...globSync('docs/**/*.md').sort(),
];

/** The first group of every match of `pattern`, which must be global. */
export const found = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, word = '']) => word);

/** The words sorted, each once, so that two lists can be compared as sets. */
export const sortedSet = (words: Iterable<string>): string[] => [...new Set(words)].sort();

/** The texts between backticks, without those of code blocks. */
export const codeWords = (text: string): string[] =>
  found(text.replaceAll(/^ *```[\s\S]*?^ *```/gm, ''), /`([^`\n]+)`/g);

/**
 * The rows of the table in `file` whose first column is headed `heading`, each as its trimmed
 * cells. Throws unless the file has exactly one such table, so that no check passes on a table that
 * is gone.
 */
export function tableIn(file: string, heading: string): string[][] {
  const lines = read(file).split('\n');
  const starts = lines.flatMap((line, at) =>
    line.startsWith('|') && cellsOf(line)[0] === heading ? [at] : [],
  );
  if (starts.length !== 1)
    throw new Error(`${file} has ${starts.length} tables that begin with "${heading}", not one.`);
  const rows = lines.slice((starts[0] ?? 0) + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end === -1 ? undefined : end).map(cellsOf);
}

const cellsOf = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The cells of the first column of a table, as `tableIn` finds it. */
export const firstColumn = (file: string, heading: string): string[] =>
  tableIn(file, heading).map(([cell = '']) => cell);

/**
 * The text of the one file that `pattern` matches and that contains `declaration`, wherever it
 * lies. Throws when there is none or more than one.
 */
export function sourceOf(declaration: string, pattern = 'src/lib/**/*.ts'): string {
  const sources = globSync(pattern)
    .map(read)
    .filter((source) => source.includes(declaration));
  const [source] = sources;
  if (source === undefined || sources.length > 1)
    throw new Error(`${sources.length} files hold "${declaration}", not one.`);
  return source;
}
