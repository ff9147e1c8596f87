import { findExcess } from '../transformations/kit/bounds.ts';
import { Rejection, reject, type Json, type Step } from '../transformations/kit/value.ts';
import { checkSteps, compileChain, linkSteps, type Link } from './chain.ts';
import { compileAll, toProblem, type FieldProblem, type SchemaProblem } from './compile.ts';
import type { FieldSchema, MappingSchema } from './shape.ts';

/** What comes back of the fields that were given. */
interface Restored {
  /** By path of the source. */
  values: Map<string, Json>;
  problems: FieldProblem[];
}

export interface Inverse {
  /**
   * The values of the sources that would give these fields; fields that are not given, or have no
   * way back, are left out. Pure; it never throws.
   */
  restore(fields: ReadonlyMap<string, unknown>): Restored;
  /** The fields that have no way back, and why. */
  oneWay: readonly SchemaProblem[];
}

/**
 * Compiles the way back of a mapping: for a field whose steps all declare one, what `restore` gives
 * for the field's value is what the sources held. Throws Problem as `compileMapping` does.
 */
export async function compileInverse(mapping: MappingSchema): Promise<Inverse> {
  const fields = await compileAll(mapping, compileField);
  const back = new Map(
    fields.flatMap(({ field, run }) => (run ? [[field.target, { field, run }] as const] : [])),
  );
  return {
    oneWay: fields.flatMap(({ problem }) => problem ?? []),
    restore: (given) => {
      const restored: Restored = { values: new Map(), problems: [] };
      for (const [target, value] of given) {
        const known = back.get(target);
        if (known !== undefined) restoreField(known.field, known.run, value, restored);
      }
      return restored;
    },
  };
}

interface OneField {
  field: FieldSchema;
  run?: Step;
  problem?: SchemaProblem;
}

/** The way back of one field, or why there is none. Throws StepProblem for steps that do not fit. */
async function compileField(field: FieldSchema): Promise<OneField> {
  const { target, sources, steps } = field;
  await compileChain(steps, sources.length > 1 ? 'list' : 'any');
  if (sources.length === 0)
    return { field, problem: { target, step: null, message: 'It comes from no source.' } };
  if (sources.some((path) => path.includes('[*]')))
    return { field, problem: { target, step: null, message: 'It comes from many elements.' } };
  const links: Link[] = [];
  for (const [at, { transformation, args }] of checkSteps(steps).entries()) {
    const inverse = transformation.invert?.(args) ?? 'What it leaves out cannot come back.';
    if (typeof inverse === 'string')
      return { field, problem: { target, step: at + 1, message: inverse } };
    links.unshift({ apply: inverse, seesNull: false, from: 'any', have: 'any' });
  }
  return { field, run: linkSteps(links) };
}

const misfit = reject('does not come apart into one value for each source');
const contradictory = reject('contradicts that of another field with the same source');

function restoreField(
  { target, sources, steps }: FieldSchema,
  run: Step,
  value: unknown,
  { values, problems }: Restored,
): void {
  const given = value ?? null;
  const result = findExcess(given) ?? run(given as Json);
  const parts = sources.length === 1 ? [result] : result;
  if (result instanceof Rejection) {
    // The way back begins at the last step.
    const at = result.step === undefined ? undefined : steps.length - 1 - result.step;
    problems.push(toProblem(target, new Rejection(result.reason, at)));
  } else if (!Array.isArray(parts) || parts.length !== sources.length)
    problems.push(toProblem(target, misfit));
  else if (sources.some((path, at) => values.has(path) && values.get(path) !== parts[at]))
    problems.push(toProblem(target, contradictory));
  else for (const [at, path] of sources.entries()) values.set(path, parts[at] as Json);
}
