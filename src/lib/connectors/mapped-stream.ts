import { compileMapping, type Converted, type TargetTypes } from '../conversion/schema/compile.ts';
import type { MappingSchema } from '../conversion/schema/shape.ts';
import type { ValueType } from '../conversion/transformations/kit/types.ts';
import type { Json } from '../conversion/transformations/kit/value.ts';
import type { Field, FieldKind } from '../records/fields.ts';
import { entityFields, type EntityName, type EntityRecords } from '../records/registry.ts';
import { RecordRejected, type ItemContext, type StreamDefinition } from './contract/source.ts';

/** A stream together with the mapping that is in force for it. */
export interface MappedStream<Settings = unknown> extends StreamDefinition<Settings> {
  schema: MappingSchema;
  /** The paths that the mapping reads of an item. */
  paths: readonly string[];
  /**
   * Fills the fields of an item's record one by one, for people who look at the mapping. Pure. Throws
   * RecordRejected for an item that no mapping can help.
   */
  fill(item: unknown, context: ItemContext<Settings>): Converted;
  /** Maps an item to a record. Pure. Throws RecordRejected with a reason in plain words. */
  map(item: unknown, context: ItemContext<Settings>): EntityRecords[EntityName];
}

/**
 * Binds a stream to a mapping, which is compiled unless an equal one was before. Throws Problem
 * `bad_request` as `compileMapping` does.
 */
export async function mapStream<Settings>(
  stream: StreamDefinition<Settings>,
  schema: MappingSchema,
): Promise<MappedStream<Settings>> {
  const { convert, paths, sources } = await compileCached(stream.entity, schema);
  const targets = listTargets(stream.entity);
  const map = (item: unknown, context: ItemContext<Settings>) => {
    const { keys, facts } = stream.interpret(item, context);
    const { values, problems } = convert(item, { index: context.index, ...facts });
    const [problem] = problems;
    if (problem !== undefined) throw describeProblem(problem, targets, sources);
    return toRecord(stream, keys, values, targets, sources);
  };
  const fill = (item: unknown, context: ItemContext<Settings>) =>
    convert(item, { index: context.index, ...stream.interpret(item, context).facts });
  return { ...stream, schema, paths, fill, map };
}

/** As `mapStream`, with the default mapping. */
export const mapByDefault = <Settings>(
  stream: StreamDefinition<Settings>,
  context: Pick<ItemContext<Settings>, 'settings' | 'currency'>,
): Promise<MappedStream<Settings>> => mapStream(stream, stream.mapping(context));

/** A field of an entity that a mapping can fill. */
export interface MappingTarget {
  name: string;
  label: string;
  type: ValueType;
  kind: FieldKind;
  /** Without a value there is no record. */
  required: boolean;
  /** A record may lack the field altogether. */
  optional: boolean;
  /** The values that it can have, if only these. */
  values: readonly string[] | undefined;
}

const types: Readonly<Record<FieldKind, ValueType>> = {
  text: 'text',
  id: 'text',
  amount: 'amount',
  integer: 'number',
  percent: 'number',
  flag: 'boolean',
  instant: 'instant',
};

const targetsByEntity = new Map(
  (Object.keys(entityFields) as EntityName[]).map((entity) => [entity, readTargets(entity)]),
);

/** The fields that a mapping can fill, in the order of the list of fields. Pure. */
export const listTargets = (entity: EntityName): readonly MappingTarget[] =>
  targetsByEntity.get(entity) ?? [];

function readTargets(entity: EntityName): MappingTarget[] {
  return Object.entries<Field>(entityFields[entity]).flatMap(
    ([name, { kind, label, required = false, values, record, fixed }]) =>
      record === undefined || fixed === true
        ? []
        : [
            {
              name,
              label,
              kind,
              type: types[kind],
              required,
              optional: record.safeParse(undefined).success,
              values,
            },
          ],
  );
}

interface Compiled {
  convert: Awaited<ReturnType<typeof compileMapping>>;
  paths: readonly string[];
  /** The first source of each target: what is to blame when the target cannot be filled. */
  sources: ReadonlyMap<string, string>;
}

/** What is kept compiled: the mappings of many connections are the default of their provider. */
const maxKept = 1_000;
const kept = new Map<string, Promise<Compiled>>();

function compileCached(entity: EntityName, schema: MappingSchema): Promise<Compiled> {
  const key = `${entity} ${JSON.stringify(schema)}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const compiling = compile(entity, schema);
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? '');
  kept.set(key, compiling);
  compiling.catch(() => kept.delete(key));
  return compiling;
}

async function compile(entity: EntityName, schema: MappingSchema): Promise<Compiled> {
  const wanted: TargetTypes = new Map(listTargets(entity).map(({ name, type }) => [name, type]));
  return {
    convert: await compileMapping(schema, wanted),
    paths: [...new Set(schema.flatMap(({ sources }) => sources))],
    sources: new Map(
      schema.flatMap(({ target, sources: [first] }) => (first ? [[target, first]] : [])),
    ),
  };
}

function describeProblem(
  { target, step, reason }: Converted['problems'][number],
  targets: readonly MappingTarget[],
  sources: Compiled['sources'],
): RecordRejected {
  const label = targets.find(({ name }) => name === target)?.label ?? target;
  const where = step === null ? '' : ` (step ${step} of the mapping)`;
  return new RecordRejected(
    `"${label}" could not be filled${where}. ${reason}`,
    sources.get(target) ?? target,
  );
}

function toRecord(
  { label: streamLabel }: Pick<StreamDefinition<never>, 'label'>,
  keys: object,
  values: Readonly<Record<string, Json>>,
  targets: readonly MappingTarget[],
  sources: Compiled['sources'],
): EntityRecords[EntityName] {
  const record: Record<string, unknown> = { ...keys };
  for (const { name, label, type, required, optional } of targets) {
    const value = values[name];
    if (required && (value ?? null) === null)
      throw new RecordRejected(
        `An item of "${streamLabel}" has nothing for "${label}", without which it cannot be kept. ` +
          'Complete it at the source, or change the mapping.',
        sources.get(name) ?? name,
      );
    if (value !== undefined)
      record[name] = type === 'instant' && typeof value === 'string' ? new Date(value) : value;
    else if (!optional) record[name] = null;
  }
  return record as unknown as EntityRecords[EntityName];
}
