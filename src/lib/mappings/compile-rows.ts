import { LRUCache } from 'lru-cache';
import type { FieldMapping, FieldValue } from '../connectors/contract/destination.ts';
import { ChainProblem, compileChain } from '../conversion/schema/chain.ts';
import { compileMapping, type FieldProblem } from '../conversion/schema/compile.ts';
import { fieldShape } from '../conversion/schema/shape.ts';
import { StepProblem } from '../conversion/transformations/kit/define.ts';
import type { ValueType } from '../conversion/transformations/kit/types.ts';
import type { Json } from '../conversion/transformations/kit/value.ts';
import { Problem } from '../platform/errors.ts';
import { pushSources, valueTypes } from './lead-fields.ts';
import { compileWayBack, type WayBack } from './way-back.ts';

/** A row of a mapping that is ready to run. */
export interface CompiledRow {
  row: FieldMapping;
  /** What it makes of the values of our fields, or why there is nothing. Pure. */
  fill(values: Readonly<Record<string, FieldValue>>): Json | RowRejection;
  /** The type of what it gives, as far as its steps tell. */
  gives: ValueType;
  /** What is wrong with its steps; such a row fills nothing. */
  fault: RowFault | undefined;
  /** How a value of the CRM becomes ours again, or a sentence that says why it does not. */
  back: WayBack | string;
}

/** What is wrong with a row; `step` counts from 1 and is null for the whole row. */
interface RowFault {
  step: number | null;
  message: string;
}

/** Why a row cannot be filled with the values of a lead, in a sentence without the value. */
export class RowRejection {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Versions whose compiled rows are kept: more than the connections that one process works for. */
const maxKept = 200;
const kept = new LRUCache<string, Promise<readonly CompiledRow[]>>({ max: maxKept });

/**
 * Compiles the rows of a mapping, in their order; equal mappings are compiled once. A row that
 * cannot be compiled carries the reason, and the others work nevertheless.
 */
export function compileRows(rows: readonly FieldMapping[]): Promise<readonly CompiledRow[]> {
  const key = JSON.stringify(rows);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const compiled = Promise.all(rows.map(compileRow));
  kept.set(key, compiled);
  return compiled;
}

async function compileRow(row: FieldMapping): Promise<CompiledRow> {
  const { role: _role, rule: _rule, ...entry } = row;
  const issue = fieldShape.safeParse(entry).error?.issues[0];
  if (issue !== undefined)
    return createFaulty(row, {
      step: null,
      message: `Its ${issue.path.join('.')}: ${issue.message}`,
    });
  const gives = await findType(row);
  if (typeof gives !== 'string') return createFaulty(row, gives);
  try {
    const convert = await compileMapping([row]);
    return {
      row,
      gives,
      fault: undefined,
      back: await compileWayBack(row),
      fill: (values) => {
        const { values: filled, problems } = convert(values);
        const [problem] = problems;
        return problem === undefined
          ? (filled[row.target] ?? null)
          : new RowRejection(describeRejection(row, problem));
      },
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return createFaulty(row, { step: null, message: error.message });
  }
}

function createFaulty(row: FieldMapping, fault: RowFault): CompiledRow {
  const rejection = new RowRejection(formatFault(fault));
  return { row, gives: 'any', fault, back: fault.message, fill: () => rejection };
}

/** "Step 2: It takes a number, but is given text." */
export const formatFault = ({ step, message }: RowFault): string =>
  step === null ? message : `Step ${step}: ${message}`;

function describeRejection({ steps }: FieldMapping, { step, reason }: FieldProblem): string {
  return step === null ? reason : `Step ${step} (${steps[step - 1]?.fn ?? ''}): ${reason}`;
}

/** The type that a row gives, given the types of our fields; what is wrong when steps do not fit. */
async function findType({ sources, steps }: FieldMapping): Promise<ValueType | RowFault> {
  const [only] = sources;
  const source = pushSources.find(({ key }) => key === only);
  const single = source === undefined ? 'any' : valueTypes[source.type];
  try {
    return (await compileChain(steps, sources.length > 1 ? 'list' : single)).to;
  } catch (error) {
    if (!(error instanceof StepProblem)) throw error;
    return {
      step: error instanceof ChainProblem ? error.step + 1 : null,
      message: error.message,
    };
  }
}
