import type { StreamDefinition } from '../../connectors/contract/source.ts';
import { listTargets, mapStream } from '../../connectors/mapped-stream.ts';
import type { SchemaProblem } from '../../conversion/schema/compile.ts';
import { mappingShape, type MappingSchema } from '../../conversion/schema/shape.ts';
import { Problem } from '../../platform/errors.ts';

/**
 * What keeps a mapping of a stream from being used: entries that fill no field of the entity, steps
 * that do not exist or do not fit, and required fields that nothing fills. Empty when it is usable.
 */
export async function checkStreamMapping(
  stream: StreamDefinition<unknown>,
  schema: MappingSchema,
): Promise<SchemaProblem[]> {
  const targets = listTargets(stream.entity);
  const names = new Set(targets.map(({ name }) => name));
  const strange = schema.filter(({ target }) => !names.has(target));
  const filled = new Set(schema.map(({ target }) => target));
  const missing = targets.filter(({ name, required }) => required && !filled.has(name));
  return [
    ...findMisshapen(schema),
    ...strange.map(({ target }) => toWhole(target, 'There is no such field here. Remove it.')),
    ...missing.map(({ name, label }) =>
      toWhole(name, `Nothing fills "${label}", without which no record can be kept. Fill it.`),
    ),
    ...(await findUncompilable(
      stream,
      schema.filter(({ target }) => names.has(target)),
    )),
  ];
}

const toWhole = (target: string, message: string): SchemaProblem => ({
  target,
  step: null,
  message,
});

function findMisshapen(schema: MappingSchema): SchemaProblem[] {
  const checked = mappingShape.safeParse(schema);
  if (checked.success) return [];
  return checked.error.issues.map(({ path: [at], message }) =>
    toWhole(typeof at === 'number' ? (schema[at]?.target ?? '') : '', message),
  );
}

async function findUncompilable(
  stream: StreamDefinition<unknown>,
  schema: MappingSchema,
): Promise<SchemaProblem[]> {
  if (!mappingShape.safeParse(schema).success) return [];
  try {
    await mapStream(stream, schema);
    return [];
  } catch (error) {
    if (!(error instanceof Problem) || !Array.isArray(error.details)) throw error;
    return error.details as SchemaProblem[];
  }
}
