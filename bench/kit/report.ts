/** A table of the report. */
export interface Table {
  title: string;
  head: string[];
  rows: string[][];
  /** How it was measured, and what to know when reading it. */
  notes: string[];
}

/** What one part of the benchmark found. */
export interface Part {
  name: string;
  /** The document that holds its tables, when that is not docs/benchmarks.md. */
  file?: string;
  tables: Table[];
}

/** A table as Markdown that is readable as plain text, too. */
export function markdown({ title, head, rows, notes }: Table): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    line(head),
    rule,
    ...rows.map(line),
    '',
    ...notes.map((note) => wrapped(`- ${note}`, '  ')),
    '',
  ].join('\n');
}

const columns = 130;

/** Text broken into lines at spaces; further lines begin with `indent`. */
export function wrapped(text: string, indent = ''): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > columns) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
