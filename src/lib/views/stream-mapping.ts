import { isDeepStrictEqual } from 'node:util';
import { selectConnections } from '../connections/connections.ts';
import { loadAddedStreams, nameStreams } from '../connections/streams.ts';
import type { DiscoveredObject } from '../connectors/contract/discovery.ts';
import { listTargets, type MappingTarget } from '../connectors/mapped-stream.ts';
import { getProvider } from '../connectors/registry.ts';
import type { SchemaProblem } from '../conversion/schema/compile.ts';
import { applyOverrides, findOutdated, findOverrides } from '../conversion/schema/overrides.ts';
import type { FieldSchema, MappingSchema } from '../conversion/schema/shape.ts';
import { suggestSources, type Suggestion } from '../conversion/schema/suggest.ts';
import { transformations } from '../conversion/transformations/registry.ts';
import type { Tx } from '../platform/db/pool.ts';
import { getTenant } from '../identity/tenancy/tenants.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { dryRunReplay, type DryRunFigures } from '../ingest/replay/dry-run.ts';
import { openReplay } from '../ingest/replay/source.ts';
import { checkStreamMapping } from '../mappings/inbound/check.ts';
import { selectDescribedFields } from '../mappings/inbound/objects.ts';
import type { SourcePath } from '../mappings/inbound/source-paths.ts';
import {
  listStreamMappingVersions,
  selectStreamMapping,
  type MappedStreamKey,
  type StreamMapping,
  type StreamMappingVersion,
} from '../mappings/inbound/versions.ts';
import { loadAccountObjects, type AccountObjects } from './account-objects.ts';
import {
  tryMapping,
  type FieldResult,
  type MappingSample,
  type Trial,
} from './stream-mapping-trial.ts';
import { loadNames } from './user-names.ts';
import type { Workspace } from './workspace.ts';

/** A field of ours, and what fills it. */
export interface StreamMappingRow {
  target: MappingTarget;
  /** Null when nothing fills it. */
  field: FieldSchema | null;
  /** The default's entry, when the field differs from it; undefined when it does not. */
  base: FieldSchema | null | undefined;
  /** The default has changed since the field was. */
  isOutdated: boolean;
  problems: SchemaProblem[];
  /** One for each sample. */
  results: FieldResult[];
  /** Sources that may fill a field that nothing fills. */
  suggestions: Suggestion[];
}

interface StreamMappingEditor {
  connection: StreamMapping['connection'];
  stream: string;
  label: string;
  basedOn: number;
  isChanged: boolean;
  rows: StreamMappingRow[];
  /** Problems of entries that fill no field of ours. */
  strays: SchemaProblem[];
  samples: MappingSample[];
  paths: SourcePath[];
  /** Whether the system can be asked for all fields of this stream. */
  canDescribe: boolean;
  /** How many fields it described when it was last asked. */
  described: number;
  /** The objects of the account; undefined where accounts cannot define any. */
  objects: AccountObjects | undefined;
  /** How many stored records the paths and samples were taken from. */
  looked: number;
  history: (Omit<StreamMappingVersion, 'savedBy'> & { by: string | null })[];
  dryRun: { figures: DryRunFigures; isComplete: boolean } | undefined;
}

export interface StreamMappingView {
  /** Connections with their streams, for the tabs of the page. */
  connections: { id: string; label: string; streams: { name: string; label: string }[] }[];
  /** Undefined when the workspace has no connections. */
  editor: StreamMappingEditor | undefined;
  /** Every transformation by name, for whoever writes steps. */
  transformations: { name: string; help: string }[];
}

/** A mapping that has not been saved. */
export interface StreamMappingDraft {
  schema: MappingSchema;
  basedOn: number;
  /** The field that is to be filled as by default again, if any. */
  reset: string | null;
  /** Whether everything stored is to be tried with it. */
  dryRun: boolean;
}

const maxVersions = 20;
/** How long the page waits for a dry run. */
const dryRunMs = 8_000;

/**
 * Everything on the page of incoming fields: for the given connection and stream, or else the
 * first ones. Throws Problem `not_found` for a stream that the connection does not have.
 */
export async function getStreamMappingView(
  { tenant }: Workspace,
  wanted: { connection: string | null; stream: string | null },
  draft?: StreamMappingDraft,
  found?: readonly DiscoveredObject[],
): Promise<StreamMappingView> {
  const connections = await readTenant(tenant.id, (tx) => listStreams(tx, tenant.id));
  const help = transformations.map((one) => ({ name: one.name, help: one.help }));
  const connection =
    wanted.connection === null
      ? connections[0]
      : connections.find(({ id }) => id === wanted.connection);
  const stream = wanted.stream ?? connection?.streams[0]?.name;
  if (connection === undefined || stream === undefined)
    return { connections, editor: undefined, transformations: help };
  const key = { tenantId: tenant.id, connectionId: connection.id, stream };
  return {
    connections,
    editor: await buildEditor(key, draft, found),
    transformations: help,
  };
}

async function listStreams(tx: Tx, tenantId: string): Promise<StreamMappingView['connections']> {
  const toAdded = await loadAddedStreams(tx, tenantId);
  return (await selectConnections(tx, tenantId)).map(({ id, label, provider }) => ({
    id,
    label,
    streams: nameStreams(getProvider(provider), toAdded(id)),
  }));
}

async function buildEditor(
  key: MappedStreamKey,
  draft: StreamMappingDraft | undefined,
  found: readonly DiscoveredObject[] | undefined,
): Promise<StreamMappingEditor> {
  const { currency } = await getTenant(key.tenantId);
  const { saved, history, fields, objects } = await readTenant(key.tenantId, async (tx) => {
    const versions = await listStreamMappingVersions(tx, key, maxVersions);
    const toName = await loadNames(
      tx,
      versions.map(({ savedBy }) => savedBy),
    );
    return {
      saved: await selectStreamMapping(tx, key, currency),
      fields: await selectDescribedFields(tx, key),
      objects: await loadAccountObjects(tx, key, found),
      history: versions.map(({ savedBy, ...version }) => ({ ...version, by: toName(savedBy) })),
    };
  });
  const schema =
    draft === undefined ? saved.schema : resetField(draft.schema, saved.base, draft.reset);
  const problems = await checkStreamMapping(saved.definition, schema);
  const source = await openReplay(key);
  const usable = problems.length === 0 ? schema : saved.schema;
  const trial = await tryMapping(source, saved, usable, fields);
  const targets = listTargets(saved.definition.entity);
  const { discovery, describe } = getProvider(saved.connection.provider);
  return {
    connection: saved.connection,
    stream: key.stream,
    label: saved.definition.label,
    basedOn: draft?.basedOn ?? saved.version,
    isChanged: !isDeepStrictEqual(schema, saved.schema),
    rows: buildRows(saved, schema, problems, trial),
    strays: problems.filter((one) => !targets.some(({ name }) => name === one.target)),
    samples: trial.samples,
    paths: trial.paths,
    canDescribe: objects.added.some(({ name }) => name === key.stream) || describe !== undefined,
    described: fields.length,
    objects: discovery === undefined ? undefined : objects,
    looked: trial.looked,
    history,
    dryRun:
      draft?.dryRun === true && problems.length === 0
        ? await tryEverything(key, schema)
        : undefined,
  };
}

function buildRows(
  { definition, base, overrides: own }: StreamMapping,
  schema: MappingSchema,
  problems: readonly SchemaProblem[],
  trial: Trial,
): StreamMappingRow[] {
  const targets = listTargets(definition.entity);
  const overrides = findOverrides(base, schema);
  const outdated = findOutdated(base, own).map(({ target }) => target);
  const suggestions = suggestSources(
    targets
      .filter(({ name }) => !schema.some(({ target }) => target === name))
      .map(({ name, label, type }) => ({ name, label, type })),
    trial.paths,
  );
  return targets.map((target) => ({
    target,
    field: schema.find((one) => one.target === target.name) ?? null,
    base: overrides.find((one) => one.target === target.name)?.base,
    isOutdated: outdated.includes(target.name),
    problems: problems.filter((one) => one.target === target.name),
    results: trial.results.get(target.name) ?? [],
    suggestions: suggestions.filter((one) => one.target === target.name),
  }));
}

/** A mapping with one field filled as by default. */
function resetField(
  schema: MappingSchema,
  base: MappingSchema,
  target: string | null,
): MappingSchema {
  if (target === null) return schema;
  const others = findOverrides(base, schema).filter((change) => change.target !== target);
  return applyOverrides(base, others);
}

async function tryEverything(
  { tenantId, connectionId, stream }: MappedStreamKey,
  schema: MappingSchema,
): Promise<StreamMappingEditor['dryRun']> {
  const end = performance.now() + dryRunMs;
  const { streams, isComplete } = await dryRunReplay(
    { tenantId, connectionId, stream, trigger: 'replay', draft: { stream, schema } },
    () => performance.now() > end,
  );
  const [figures] = streams;
  return figures && { figures, isComplete };
}
