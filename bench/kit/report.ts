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
  tables: Table[];
}

/** A table as Markdown that is readable as plain text, too. */
export function markdown({ title, head, rows, notes }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [`### ${title}`, '', line(head), rule, ...rows.map(line), '', ...notes.map((note) => `- ${note}`), ''].join('\n');
}
