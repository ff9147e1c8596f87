import { findExcess } from '../transformations/kit/bounds.ts';
import { StepProblem, type Chain, type Transformation } from '../transformations/kit/define.ts';
import { formatLimit, limits } from '../transformations/kit/limits.ts';
import type { StepData } from '../transformations/kit/steps.ts';
import {
  isAssignable,
  isOfType,
  typeNames,
  typeOf,
  type ValueType,
} from '../transformations/kit/types.ts';
import { Rejection, type Json, type Step } from '../transformations/kit/value.ts';
import { findTransformation } from '../transformations/registry.ts';

/** A problem with one step of a chain, from 0. */
export class ChainProblem extends StepProblem {
  override name = 'ChainProblem';
  readonly step: number;

  constructor(step: number, message: string) {
    super(message);
    this.step = step;
  }
}

/** A step with its transformation and its arguments, which have passed their schema. */
export interface CheckedStep {
  transformation: Transformation;
  args: unknown;
}

/** Finds the transformation of each step and checks its arguments. Throws ChainProblem. */
export function checkSteps(steps: readonly StepData[]): CheckedStep[] {
  return steps.map(({ fn, args = {} }, at) => {
    const transformation = findTransformation(fn);
    if (transformation === undefined)
      throw new ChainProblem(
        at,
        `There is no transformation "${fn}". docs/mappings.md lists them all.`,
      );
    const checked = transformation.args.safeParse(args);
    if (!checked.success) throw new ChainProblem(at, describeIssues(checked.error.issues));
    return { transformation, args: checked.data };
  });
}

function describeIssues(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  return issues
    .map(({ path, message }) => {
      const what = path.length === 0 ? 'arguments' : `argument "${path.map(String).join('.')}"`;
      return `Its ${what}: ${message.replace(/\.$/, '')}.`;
    })
    .join(' ');
}

/** How many steps of a field have been compiled, those inside others included. */
interface Count {
  steps: number;
}

/**
 * Compiles steps that run one after another. Throws ChainProblem for a step that does not exist,
 * for arguments that it refuses, and for one that cannot take what the step before it gives.
 */
export async function compileChain(
  steps: readonly StepData[],
  from: ValueType,
  depth = 0,
  count: Count = { steps: 0 },
): Promise<Chain> {
  if (depth > limits.nesting)
    throw new StepProblem(`Steps stand more than ${limits.nesting} deep inside others.`);
  count.steps += steps.length;
  if (count.steps > limits.steps)
    throw new StepProblem(
      `The field has more than ${formatLimit(limits.steps)} steps, those inside others included.`,
    );
  const compile = (inner: readonly StepData[], type: ValueType) =>
    compileChain(inner, type, depth + 1, count);
  const links: Link[] = [];
  let type = from;
  for (const [at, { transformation, args }] of checkSteps(steps).entries()) {
    const { to, seesNull = false } = transformation;
    assertAssignable(at, type, transformation.from);
    const apply = await compileStep(at, () => transformation.apply(args, { compile }));
    links.push({ apply, seesNull, from: transformation.from, have: type });
    type = typeof to === 'function' ? to(args, type) : to;
  }
  return { run: linkSteps(links), to: type };
}

function assertAssignable(at: number, have: ValueType, want: ValueType): void {
  if (isAssignable(have, want)) return;
  throw new ChainProblem(
    at,
    `It takes ${typeNames[want]}, but is given ${typeNames[have]}. ${advise(have, want)}`,
  );
}

/** What to put between two steps that do not fit. */
function advise(have: ValueType, want: ValueType): string {
  const reader = readers[want];
  return reader === undefined
    ? `Take the step out, or put one before it that gives ${typeNames[want]}.`
    : `Put the step "${have === 'list' ? 'first' : reader}" before it.`;
}

/** The step that gives each type. */
const readers: Partial<Record<ValueType, string>> = {
  text: 'text',
  number: 'number-parse',
  boolean: 'boolean',
  instant: 'date-parse',
  amount: 'money',
  list: 'split',
};

/** Adds the place of the step to what is wrong with it. */
async function compileStep<Made>(at: number, make: () => Made | Promise<Made>): Promise<Made> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof StepProblem)) throw error;
    const inner = error instanceof ChainProblem ? `In its step ${error.step + 1}: ` : '';
    throw new ChainProblem(at, `${inner}${error.message}`);
  }
}

/** A step that is ready to run. */
export interface Link {
  apply: Step<never>;
  seesNull: boolean;
  /** What it takes, and what it is given according to the step before it. */
  from: ValueType;
  have: ValueType;
}

/**
 * One step out of many. Each is given values of its type only, and what it gives is weighed before
 * it flows on; null passes by the steps that do not ask for it.
 */
export function linkSteps(links: readonly Link[]): Step {
  const ready = links.map(({ apply, seesNull, from, have }) => ({
    apply: apply as Step,
    seesNull,
    from,
    // What the compiler knows need not be looked at again for each record.
    fits: isOfType[have === from ? 'any' : from],
  }));
  return (given) => {
    let value = given;
    for (let at = 0; at < ready.length; at += 1) {
      const link = ready[at] as (typeof ready)[number];
      if (value === null && !link.seesNull) continue;
      if (value !== null && !link.fits(value)) return mistyped(value, link.from, at);
      const result = link.apply(value);
      if (result instanceof Rejection) return new Rejection(result.reason, at);
      const excess = findExcess(result);
      if (excess !== null) return new Rejection(excess.reason, at);
      value = result;
    }
    return value;
  };
}

function mistyped(value: Json, want: ValueType, at: number): Rejection {
  const reader = readers[want];
  const hint = reader === undefined ? '' : `; put the step "${reader}" before it`;
  return new Rejection(`is ${typeNames[typeOf(value)]}, not ${typeNames[want]}${hint}`, at);
}
