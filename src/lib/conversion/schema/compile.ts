import { Problem } from '../../platform/errors.ts';
import { findExcess } from '../transformations/kit/bounds.ts';
import { StepProblem } from '../transformations/kit/define.ts';
import { compilePath, factMark } from '../transformations/kit/path.ts';
import { isAssignable, isOfType, typeNames, type ValueType } from '../transformations/kit/types.ts';
import {
  Rejection,
  reject,
  type Json,
  type JsonObject,
  type Step,
} from '../transformations/kit/value.ts';
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

/**
 * Maps an item, which may be any JSON, and what else is known of it, which paths that begin with
 * "@" read. Pure; it never throws and never changes the item.
 */
export type Convert = (item: unknown, facts?: JsonObject) => Converted;

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
  return (item, facts = {}) => {
    const values: Record<string, Json> = {};
    const problems: FieldProblem[] = [];
    for (const { target, fill, fallback } of fields) {
      const value = fill(item, facts);
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
  fill: (item: unknown, facts: JsonObject) => Json | Rejection;
  fallback: Json | undefined;
}

async function compileField(
  { target, sources, steps, fallback }: FieldSchema,
  want: ValueType = 'any',
): Promise<CompiledField> {
  const read = compileSources(sources.map(compileSource));
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
function guard(read: SourceReader, run: Step): CompiledField['fill'] {
  return (item, facts) => {
    try {
      const value = read(item, facts);
      if (value instanceof Rejection) return value;
      const excess = findExcess(value);
      return excess ?? run(value as Json);
    } catch {
      return broken;
    }
  };
}

type SourceReader = (item: unknown, facts: JsonObject) => unknown;

/** The reader of a path into the item or, where it begins with "@", into the facts about it. */
function compileSource(path: string): SourceReader {
  if (!path.startsWith(factMark)) return compilePath(path);
  const read = compilePath(path.slice(factMark.length));
  return (_item, facts) => read(facts);
}

/** Reads one source as its value, several as a list; what is not there is null. */
function compileSources(readers: readonly SourceReader[]): SourceReader {
  const [only] = readers;
  if (only === undefined) return () => null;
  if (readers.length === 1) return (item, facts) => only(item, facts) ?? null;
  return (item, facts) => {
    const values = readers.map((read) => read(item, facts) ?? null);
    return values.find((value) => value instanceof Rejection) ?? values;
  };
}
