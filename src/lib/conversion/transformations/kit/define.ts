import type { z } from 'zod';
import type { StepData } from './steps.ts';
import type { ValueOf, ValueType } from './types.ts';
import type { Json, Step } from './value.ts';

/** Steps that are ready to run one after another, and the type of what they give. */
export interface Chain {
  run: Step;
  to: ValueType;
}

/** What a transformation may use while it is compiled. */
interface Compiling {
  /** Compiles steps that stand in an argument. Throws StepProblem. */
  compile(steps: readonly StepData[], from: ValueType): Promise<Chain>;
}

/** Thrown while a step is compiled: what is wrong with it and what to do, as sentences. */
export class StepProblem extends Error {
  override name = 'StepProblem';
}

/** What a step makes of a value, for people to read and for a test to hold. */
type Example = { args?: Record<string, unknown>; given: Json } & (
  { gives: Json } | { rejects: string }
);

/**
 * A transformation. `apply` is called once for each step of a mapping, with arguments that have
 * passed `args`, and returns what runs for every record.
 */
export interface Transformation<From extends ValueType = ValueType, Args = unknown> {
  /** Its name in mappings, which is that of its file. */
  name: string;
  /** One sentence for people who choose among the transformations. */
  help: string;
  from: From;
  /** The type of what it gives, which may follow from its arguments and from what it is given. */
  to: ValueType | ((args: Args, from: ValueType) => ValueType);
  /** The arguments; each has a title and a description, from which a form can be drawn. */
  args: z.ZodType<Args>;
  /** Whether it runs on null, too. All others leave null as it is. */
  seesNull?: true;
  /** What it refuses beyond the limits that hold for every value, as a sentence. */
  limits?: string;
  /** Returns the step. Throws StepProblem for arguments that it cannot use. */
  apply(args: Args, compiling: Compiling): Step<ValueOf[From]> | Promise<Step<ValueOf[From]>>;
  /**
   * Returns the step that gives back exactly the value that `apply` was given, or a sentence that
   * says why there is none with these arguments. Absent when there never is one.
   */
  invert?(args: Args): Step | string;
  examples: readonly [Example, ...Example[]];
}

/**
 * Checks a transformation against the types that it names. The result has forgotten them, so that
 * one registry can hold all: the compiler has checked arguments and values before it calls.
 */
export function defineTransformation<const From extends ValueType, Schema extends z.ZodType>(
  transformation: Transformation<From, z.output<Schema>> & { args: Schema },
): Transformation {
  return transformation as unknown as Transformation;
}
