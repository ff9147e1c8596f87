import { z } from 'zod';
import type { StepData } from '../transformations/kit/steps.ts';

/** A line of a table of words: one of ours, and what stands for it elsewhere. */
export interface TableLine {
  from: string;
  to: string;
}

/**
 * The step that replaces words by those of a table and keeps all others. Its lines are in the order
 * of their words, so that equal tables are equal steps whoever wrote them.
 */
export const tableStep = (table: readonly TableLine[]): StepData => ({
  fn: 'lookup',
  args: {
    table: table.toSorted(
      (one, other) => Number(one.from > other.from) - Number(one.from < other.from),
    ),
    otherwise: 'keep',
  },
});

const tableShape = z.strictObject({
  fn: z.literal('lookup'),
  args: z.strictObject({
    table: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    otherwise: z.literal('keep').optional(),
    ignoreCase: z.literal(false).optional(),
  }),
});

/**
 * Takes the table of words off the end of steps: the steps before it and its lines; undefined lines
 * when the last step is anything else. Pure.
 */
export function splitTable(steps: readonly StepData[]): {
  before: StepData[];
  table: TableLine[] | undefined;
} {
  const last = tableShape.safeParse(steps.at(-1));
  return last.success
    ? { before: steps.slice(0, -1), table: last.data.args.table }
    : { before: [...steps], table: undefined };
}
