import { Problem } from '../../platform/errors.ts';
import { findExcess } from '../transformations/kit/bounds.ts';
import { StepProblem } from '../transformations/kit/define.ts';
import { compilePath, type Reader } from '../transformations/kit/path.ts';
import { isAssignable, isOfType, typeNames, type ValueType } from '../transformations/kit/types.ts';
import { Rejection, reject, type Json, type Step } from '../transformations/kit/value.ts';
import { ChainProblem, compileChain } from './chain.ts';
import type { FieldSchema, MappingSchema } from './shape.ts';

/** A field that could not be filled, for people to read. Nothing in it quotes the item. */
export interface FieldProblem {
  target: string;
  /** The step that rejected the value, from 1; null when its source did. */
  step: number | null;
  /** A sentence: "The value is not a number in the expected form." */
  reason: string;
}

/** What a mapping makes of an item. */
export interface Converted {
  /** The fields that could be filled, in the order of the mapping; null where nothing is known. */
  values: Record<string, Json>;
  problems: FieldProblem[];
}

/** Maps an item, which may be any JSON. Pure; it never throws and never changes the item. */
export type Convert = (item: unknown) => Converted;

/** What is wrong with one entry of a mapping. */
export interface SchemaProblem {
  target: string;
  /** The step it is about, from 1; null for the whole entry. */
  step: number | null;
  message: string;
}

/** The types that the filled fields have, by name; fields that are not named take anything. */
export type TargetTypes = ReadonlyMap<string, ValueType>;

/**
 * Compiles a mapping, once for each of its versions. Throws Problem `bad_request` with the list of
 * all SchemaProblems as details when steps do not exist, do not fit together or refuse their
 * arguments.
 */
export async function compileMapping(
  mapping: MappingSchema,
  types: TargetTypes = new Map(),
): Promise<Convert> {
  const fields = await compileAll(mapping, (field) => compileField(field, types.get(field.target)));
  return (item) => {
    const values: Record<string, Json> = {};
    const problems: FieldProblem[] = [];
    for (const { target, fill, fallback } of fields) {
      const value = fill(item);
      if (!(value instanceof Rejection)) values[target] = value;
      else if (fallback !== undefined) values[target] = fallback;
      else problems.push(toProblem(target, value));
    }
    return { values, problems };
  };
}

/** Compiles every entry and throws one Problem about all that cannot be. */
export async function compileAll<Made>(
  mapping: MappingSchema,
  compile: (field: FieldSchema) => Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = [];
  const problems: SchemaProblem[] = [];
  for (const field of mapping) {
    try {
      made.push(await compile(field));
    } catch (error) {
      if (!(error instanceof StepProblem)) throw error;
      const step = error instanceof ChainProblem ? error.step + 1 : null;
      problems.push({ target: field.target, step, message: error.message });
    }
  }
  if (problems.length > 0)
    throw new Problem('bad_request', problems.map(formatProblem).join('\n'), problems);
  return made;
}

const formatProblem = ({ target, step, message }: SchemaProblem): string =>
  `${target}${step === null ? '' : `, step ${step}`}: ${message}`;

export function toProblem(target: string, { reason, step }: Rejection): FieldProblem {
  return { target, step: step === undefined ? null : step + 1, reason: `The value ${reason}.` };
}

interface CompiledField {
  target: string;
  fill: (item: unknown) => Json | Rejection;
  fallback: Json | undefined;
}

async function compileField(
  { target, sources, steps, fallback }: FieldSchema,
  want: ValueType = 'any',
): Promise<CompiledField> {
  const read = compileSources(sources.map(compilePath));
  const { run, to } = await compileChain(steps, sources.length > 1 ? 'list' : 'any');
  if (!isAssignable(to, want))
    throw new StepProblem(
      `The field holds ${typeNames[want]}, but its steps give ${typeNames[to]}. Add a step that ` +
        `gives ${typeNames[want]}.`,
    );
  if (fallback !== undefined && fallback !== null && !isOfType[want](fallback))
    throw new StepProblem(
      `The field holds ${typeNames[want]}, but its fallback does not. Change it.`,
    );
  const fits = isOfType[to === want ? 'any' : want];
  const misfit = reject(`is not ${typeNames[want]}`);
  const finish: Step = (value) => {
    const result = run(value);
    if (result instanceof Rejection || result === null) return result;
    return fits(result) ? result : misfit;
  };
  return { target, fill: guard(read, finish), fallback };
}

const broken = reject('could not be read');

/** Steps do not throw; should one of the libraries behind them ever do, the field is rejected. */
function guard(read: Reader, run: Step): (item: unknown) => Json | Rejection {
  return (item) => {
    try {
      const value = read(item);
      if (value instanceof Rejection) return value;
      const excess = findExcess(value);
      return excess ?? run(value as Json);
    } catch {
      return broken;
    }
  };
}

/** Reads one source as its value, several as a list; what is not there is null. */
function compileSources(readers: readonly Reader[]): Reader {
  const [only] = readers;
  if (only === undefined) return () => null;
  if (readers.length === 1) return (item) => only(item) ?? null;
  return (item) => {
    const values = readers.map((read) => read(item) ?? null);
    return values.find((value) => value instanceof Rejection) ?? values;
  };
}
