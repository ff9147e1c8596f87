/** Formats rows as lines of a plain-text table with aligned columns. */
export function table(rows: Record<string, unknown>[]): string[] {
  const first = rows[0];
  if (first === undefined) return ['(none)'];
  const names = Object.keys(first);
  const text = rows.map((row) => names.map((name) => String(row[name] ?? '')));
  const widths = names.map((name, index) =>
    Math.max(name.length, ...text.map((cells) => cells[index]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(names), line(widths.map((width) => '-'.repeat(width))), ...text.map(line)];
}
