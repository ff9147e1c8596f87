import type { FieldValue } from '../connectors/contract/destination.ts';
import { compileInverse, type Inverse } from '../conversion/schema/invert.ts';
import type { FieldSchema } from '../conversion/schema/shape.ts';
import { splitTable, type TableLine } from '../conversion/schema/table.ts';
import type { Json } from '../conversion/transformations/kit/value.ts';

/** How what a row gave becomes the values of its sources again. */
export interface WayBack {
  /**
   * Whether it holds for option sets alone: their labels are a closed list, so that a word which
   * the table does not have is known to be one of theirs.
   */
  optionsOnly: boolean;
  /** The values by source; undefined for a value that no values of ours give. Pure. */
  restore(value: FieldValue): ReadonlyMap<string, Json> | undefined;
}

/**
 * Compiles the way back of a row: the exact one of its steps, else that of a table of words which
 * keeps all others. A sentence when there is none. Throws Problem as `compileMapping` does.
 */
export async function compileWayBack(row: FieldSchema): Promise<WayBack | string> {
  const inverse = await compileInverse([row]);
  const [reason] = inverse.oneWay;
  if (reason === undefined) return { optionsOnly: false, restore: restoreBy(inverse, row) };
  const { before, table } = splitTable(row.steps);
  return table === undefined ? reason.message : compileTable(row, before, table);
}

/**
 * A table that keeps other words cannot tell in general which one it was given: a word may be one
 * of its own results. Its lines come back where they are one to one, and other words as they are,
 * except those that the table would replace.
 */
async function compileTable(
  row: FieldSchema,
  before: FieldSchema['steps'],
  table: readonly TableLine[],
): Promise<WayBack | string> {
  const toOurs = new Map(table.map(({ from, to }) => [fold(to), from]));
  const words = new Set(table.map(({ from }) => fold(from)));
  if (toOurs.size < table.length || words.size < table.length)
    return 'Two lines of its table give the same value or replace the same one.';
  const inverse = await compileInverse([{ ...row, steps: before }]);
  const [reason] = inverse.oneWay;
  if (reason !== undefined) return reason.message;
  const restore = restoreBy(inverse, row);
  return {
    optionsOnly: true,
    restore: (value) => {
      if (typeof value !== 'string') return restore(value);
      const ours = toOurs.get(fold(value));
      if (ours === undefined && words.has(fold(value))) return undefined;
      return restore(ours ?? value);
    },
  };
}

/** A CRM finds its options by labels without regard to case, so a table is read likewise. */
const fold = (word: string): string => word.trim().toLowerCase();

const restoreBy =
  (inverse: Inverse, { target }: FieldSchema): WayBack['restore'] =>
  (value) => {
    const { values, problems } = inverse.restore(new Map([[target, value]]));
    return problems.length > 0 ? undefined : values;
  };
