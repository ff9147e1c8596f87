import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';

type Line = Record<string, string>;

const folder = path.resolve(import.meta.dirname, '../../../shared/data');
const fileOf = (name: string): string => path.join(folder, name);

/** The files, by what they hold; see their README. */
export const files = {
  leads: fileOf('leads.csv'),
  opportunities: fileOf('opportunities.csv'),
  accounts: fileOf('accounts.csv'),
};

/** Why the real rows cannot be read; undefined when they can. */
export const missing = Object.values(files).every((file) => existsSync(file))
  ? undefined
  : `skipped: ${folder} is absent`;

/** All lines of a file; none when the files are absent. */
export function linesOf(file: keyof typeof files): Line[] {
  if (missing !== undefined) return [];
  return parse<Line>(readFileSync(files[file]), {
    columns: true,
    bom: true,
    skip_empty_lines: true,
  });
}
