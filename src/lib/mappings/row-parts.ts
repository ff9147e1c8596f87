import type { FieldMapping, TargetField } from '../connectors/contract/destination.ts';
import { splitTable, tableStep, type TableLine } from '../conversion/schema/table.ts';

/*
 * A row as the editor shows it. Most rows are one field of ours or a fixed text, and the last step
 * of those that fill an option set is a table of words; these have inputs of their own, and what is
 * left is edited as JSON.
 */

/** What fills a row: a field of ours by its key, a fixed text, or several fields. */
export type RowOrigin =
  { by: 'field'; key: string } | { by: 'text'; text: string } | { by: 'list' };

export interface RowParts {
  origin: RowOrigin;
  sources: string[];
  /** The steps before the table. */
  steps: FieldMapping['steps'];
  /** The lines of the table; undefined where the table is edited like the other steps. */
  table: TableLine[] | undefined;
}

/** The text that a row sends for every lead; undefined when it does anything else. Pure. */
export function readFixedText({ sources, steps }: FieldMapping): string | undefined {
  const [only, ...more] = steps;
  const value = only?.fn === 'constant' && more.length === 0 ? only.args?.['value'] : undefined;
  return sources.length === 0 && typeof value === 'string' ? value : undefined;
}

/** Takes a row apart; `joinRow` puts it together again. Pure. */
export function splitRow(row: FieldMapping, field: TargetField | undefined): RowParts {
  const text = readFixedText(row);
  const { sources } = row;
  if (text !== undefined)
    return { origin: { by: 'text', text }, sources, steps: [], table: undefined };
  const [key, ...more] = sources;
  const origin: RowOrigin =
    key !== undefined && more.length === 0 ? { by: 'field', key } : { by: 'list' };
  if (field?.type !== 'option') return { origin, sources, steps: row.steps, table: undefined };
  const { before, table } = splitTable(row.steps);
  const hasOther = table === undefined && before.at(-1)?.fn === 'lookup';
  return { origin, sources, steps: before, table: hasOther ? undefined : (table ?? []) };
}

/** The sources and steps of the parts of a row. Pure. */
export function joinRow({
  origin,
  sources,
  steps,
  table = [],
}: RowParts): Pick<FieldMapping, 'sources' | 'steps'> {
  if (origin.by === 'text')
    return { sources: [], steps: [{ fn: 'constant', args: { value: origin.text } }] };
  return {
    sources: origin.by === 'field' ? [origin.key] : sources,
    steps: table.length === 0 ? steps : [...steps, tableStep(table)],
  };
}
