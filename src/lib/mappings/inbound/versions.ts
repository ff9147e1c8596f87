import { isDeepStrictEqual } from 'node:util';
import { and, desc, eq, sql } from 'drizzle-orm';
import {
  readAuditTarget,
  unknownConnectionProblem,
  whereConnection,
} from '../../connections/connections.ts';
import { loadStreams } from '../../connections/streams.ts';
import { checkSettings } from '../../connections/validate.ts';
import type { StreamDefinition } from '../../connectors/contract/source.ts';
import { getProvider } from '../../connectors/registry.ts';
import {
  applyOverrides,
  findOverrides,
  overridesShape,
  type Override,
} from '../../conversion/schema/overrides.ts';
import type { MappingSchema } from '../../conversion/schema/shape.ts';
import { changedFields, recordAudit } from '../../identity/audit/record.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { connections } from '../../schema/connections.ts';
import { streamMappings, streamStates } from '../../schema/sync.ts';
import { checkStreamMapping } from './check.ts';

/** A stream of one tenant's connection. */
export interface MappedStreamKey {
  tenantId: string;
  connectionId: string;
  stream: string;
}

/** A stream with its default mapping, and what the workspace changes about it. */
export interface StreamMapping {
  definition: StreamDefinition<unknown>;
  connection: { id: string; label: string; provider: string };
  settings: unknown;
  currency: string;
  base: MappingSchema;
  /** 0 is the default. */
  version: number;
  overrides: Override[];
  /** The mapping in force. */
  schema: MappingSchema;
}

/**
 * The mapping of a stream; `version` selects another one than that in force. Throws Problem
 * `not_found` for an unknown connection, stream or version.
 */
export async function selectStreamMapping(
  tx: Tx,
  key: MappedStreamKey,
  currency: string,
  version?: number,
): Promise<StreamMapping> {
  const { tenantId, connectionId } = key;
  const [connection] = isId(connectionId)
    ? await tx.select().from(connections).where(whereConnection(tenantId, connectionId))
    : [];
  if (connection === undefined) throw unknownConnectionProblem();
  const provider = getProvider(connection.provider);
  const streams = await loadStreams(tx, key, provider);
  const definition = streams.find(({ name }) => name === key.stream);
  if (definition === undefined)
    throw new Problem('not_found', `${provider.label} has no stream "${key.stream}".`);
  const settings = checkSettings(provider, connection.settings as Record<string, unknown>);
  const saved = await selectVersion(tx, key, version);
  const base = definition.mapping({ settings, currency });
  return {
    definition,
    connection: { id: connection.id, label: connection.label, provider: connection.provider },
    settings,
    currency,
    base,
    ...saved,
    schema: applyOverrides(base, saved.overrides),
  };
}

async function selectVersion(
  tx: Tx,
  key: MappedStreamKey,
  version: number | undefined,
): Promise<Pick<StreamMapping, 'version' | 'overrides'>> {
  if (version === 0) return { version, overrides: [] };
  const [row] = await tx
    .select({ version: streamMappings.version, overrides: streamMappings.overrides })
    .from(streamMappings)
    .where(
      and(
        whereMapping(key),
        version === undefined ? undefined : eq(streamMappings.version, version),
      ),
    )
    .orderBy(desc(streamMappings.version))
    .limit(1);
  if (row !== undefined) return { ...row, overrides: overridesShape.parse(row.overrides) };
  if (version === undefined) return { version: 0, overrides: [] };
  throw new Problem('not_found', `This mapping has no version ${version}.`);
}

/** A saved version: who made it, when and why, and how many fields it changes. */
export interface StreamMappingVersion {
  version: number;
  changed: number;
  note: string | null;
  savedAt: Date;
  savedBy: string | null;
}

/** The saved versions, newest first. */
export const listStreamMappingVersions = (
  tx: Tx,
  key: MappedStreamKey,
  limit: number,
): Promise<StreamMappingVersion[]> =>
  tx
    .select({
      version: streamMappings.version,
      changed: sql<number>`jsonb_array_length(${streamMappings.overrides})`,
      note: streamMappings.note,
      savedAt: streamMappings.createdAt,
      savedBy: streamMappings.createdBy,
    })
    .from(streamMappings)
    .where(whereMapping(key))
    .orderBy(desc(streamMappings.version))
    .limit(limit);

/** What a person saves: the whole mapping, the version it was made from, and why. */
export interface StreamMappingEdit {
  schema: MappingSchema;
  /** The version that the person edited. */
  basedOn: number;
  note: string | null;
  by: string | null;
}

/**
 * Saves a mapping as the next version and returns its number; what equals the mapping in force
 * makes none. Only what differs from the default is kept, so that the rest moves on with it. A field
 * that was never asked for is read with the next pass, which lists everything. Throws Problem:
 * `bad_request` with the SchemaProblems as details, `conflict` when someone else has saved since,
 * `not_found`.
 */
export async function saveStreamMapping(
  key: MappedStreamKey,
  { schema, basedOn, note, by }: StreamMappingEdit,
): Promise<number> {
  const { currency } = await getTenant(key.tenantId);
  return withTenant(key.tenantId, async (tx) => {
    // The lock on the connection's row makes two people who save at once take turns.
    if (isId(key.connectionId))
      await tx
        .select({ id: connections.id })
        .from(connections)
        .where(whereConnection(key.tenantId, key.connectionId))
        .for('no key update');
    const current = await selectStreamMapping(tx, key, currency);
    const problems = await checkStreamMapping(current.definition, schema);
    if (problems.length > 0) throw invalidMapping(problems.length, problems);
    const overrides = findOverrides(current.base, schema);
    if (isDeepStrictEqual(overrides, current.overrides)) return current.version;
    if (current.version !== basedOn)
      throw new Problem(
        'conflict',
        'Someone else saved this mapping while you were editing it, so your changes were not ' +
          'saved. Reload the page and make them again.',
      );
    const version = current.version + 1;
    await tx.insert(streamMappings).values({ ...key, version, overrides, note, createdBy: by });
    if (readsMore(current.schema, schema)) await readEverythingNext(tx, key);
    await recordAudit(tx, {
      tenantId: key.tenantId,
      action: 'mapping.changed',
      target: await readAuditTarget(tx, key.tenantId, key.connectionId),
      ...changedFields(
        { stream: '', version: current.version, ...describe(current.schema, schema) },
        { stream: key.stream, version, ...describe(schema, current.schema) },
      ),
    });
    return version;
  });
}

/**
 * Puts an older version in force again by saving it as a new one, whose number it returns. Version 0
 * is the default. Throws Problem as `saveStreamMapping` does.
 */
export async function restoreStreamMapping(
  key: MappedStreamKey,
  version: number,
  by: string,
): Promise<number> {
  const { currency } = await getTenant(key.tenantId);
  const [wanted, current] = await readTenant(key.tenantId, async (tx) => [
    await selectStreamMapping(tx, key, currency, version),
    await selectStreamMapping(tx, key, currency),
  ]);
  const note = version === 0 ? 'The default restored' : `Version ${version} restored`;
  return saveStreamMapping(key, { schema: wanted.schema, basedOn: current.version, note, by });
}

const invalidMapping = (count: number, details: unknown): Problem =>
  new Problem(
    'bad_request',
    `The mapping was not saved because of ${count === 1 ? 'an error' : `${count} errors`}. ` +
      'The errors are shown beside the fields; correct them and save again.',
    details,
  );

/** Whether a mapping names a field of the source that the other one does not. */
function readsMore(before: MappingSchema, after: MappingSchema): boolean {
  const known = new Set(before.flatMap(({ sources }) => sources));
  return after.some(({ sources }) => sources.some((path) => !known.has(path)));
}

/** Stored answers lack a field that was not asked for, and a pass over changes skips old records. */
export async function readEverythingNext(
  tx: Tx,
  { tenantId, connectionId, stream }: MappedStreamKey,
): Promise<void> {
  await tx
    .update(streamStates)
    .set({ fullAt: null, highWater: null, rereadAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(streamStates.tenantId, tenantId),
        eq(streamStates.connectionId, connectionId),
        eq(streamStates.stream, stream),
      ),
    );
}

/** What fills each field that two mappings fill differently. */
function describe(own: MappingSchema, other: MappingSchema): Record<string, unknown> {
  const others = new Map(other.map((field) => [field.target, field]));
  const mine = new Map(own.map((field) => [field.target, field]));
  const targets = new Set([...mine.keys(), ...others.keys()]);
  return Object.fromEntries(
    [...targets]
      .filter((target) => !isDeepStrictEqual(mine.get(target), others.get(target)))
      .map((target) => [target, mine.get(target) ?? null]),
  );
}

const whereMapping = ({ tenantId, connectionId, stream }: MappedStreamKey) =>
  and(
    eq(streamMappings.tenantId, tenantId),
    eq(streamMappings.connectionId, connectionId),
    eq(streamMappings.stream, stream),
  );
