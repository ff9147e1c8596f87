import { isDeepStrictEqual } from 'node:util';
import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { connections } from '../schema/connections.ts';
import { isStorable } from '../records/text.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { providers } from '../connectors/registry.ts';
import { readTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { pushMappings } from '../schema/pushes.ts';
import {
  conflictRules,
  pushTables,
  type FieldMapping,
} from '../connectors/contract/destination.ts';

/** A field mapping as it is in force. */
export interface Mapping {
  /** 0 is the provider's own. */
  version: number;
  fields: FieldMapping[];
  /** Null for the provider's own. */
  savedAt: Date | null;
  savedBy: string | null;
}

const boundedText = (max: number) => z.string().trim().min(1).max(max).refine(isStorable);

/** The shape of a stored mapping, and the most that one may hold. */
export const mappingSchema = z
  .array(
    z.object({
      table: z.enum(pushTables),
      target: boundedText(100),
      source: boundedText(200),
      labels: z.record(boundedText(200), boundedText(200)).optional(),
      rule: z.enum(conflictRules),
    }),
  )
  .max(300) satisfies z.ZodType<FieldMapping[], unknown>;

/**
 * The mapping in force for a connection. One that is not there, or whose system takes no leads, is
 * a Problem.
 */
export function loadMapping(tenantId: string, connectionId: string): Promise<Mapping> {
  return readTenant(tenantId, (tx) => selectMapping(tx, tenantId, connectionId));
}

/** As `loadMapping`, inside a transaction of the caller; `version` asks for an older one. */
export async function selectMapping(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  version?: number,
): Promise<Mapping> {
  const own = await readDefaultFields(tx, tenantId, connectionId);
  const wanted = and(
    whereConnection(tenantId, connectionId),
    version === undefined ? undefined : eq(pushMappings.version, version),
  );
  const [row] =
    version === 0
      ? []
      : await tx
          .select()
          .from(pushMappings)
          .where(wanted)
          .orderBy(desc(pushMappings.version))
          .limit(1);
  if (row !== undefined)
    return {
      version: row.version,
      fields: mappingSchema.parse(row.fields),
      savedAt: row.createdAt,
      savedBy: row.createdBy,
    };
  if (version !== undefined && version !== 0)
    throw new Problem('not_found', `There is no version ${version} of this mapping.`);
  return { version: 0, fields: own, savedAt: null, savedBy: null };
}

/** Who saved which version when, newest first, without the rows. */
export function listMappingVersions(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  limit: number,
): Promise<{ version: number; size: number; savedAt: Date; savedBy: string | null }[]> {
  const size = sql<number>`jsonb_array_length(${pushMappings.fields})`;
  return tx
    .select({
      version: pushMappings.version,
      size,
      savedAt: pushMappings.createdAt,
      savedBy: pushMappings.createdBy,
    })
    .from(pushMappings)
    .where(whereConnection(tenantId, connectionId))
    .orderBy(desc(pushMappings.version))
    .limit(limit);
}

/**
 * Saves rows as the next version and says which one it is. `basedOn` is the version that the person
 * edited: when somebody saved another one meanwhile, nothing is saved (Problem `conflict`). Rows
 * equal to those in force make no new version.
 */
export function saveMapping(
  tenantId: string,
  connectionId: string,
  fields: readonly FieldMapping[],
  basedOn: number,
  by: string | null,
): Promise<number> {
  const checked = mappingSchema.parse(fields);
  return withTenant(tenantId, async (tx) => {
    // Two who save at once take turns on the connection.
    const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
    if (isId(connectionId))
      await tx.select({ id: connections.id }).from(connections).where(own).for('no key update');
    const current = await selectMapping(tx, tenantId, connectionId);
    if (isDeepStrictEqual(current.fields, checked)) return current.version;
    if (current.version !== basedOn)
      throw new Problem(
        'conflict',
        'Somebody else saved this mapping while you edited it. Nothing of yours was saved; open the page again and repeat your change.',
      );
    const version = current.version + 1;
    await tx
      .insert(pushMappings)
      .values({ tenantId, connectionId, version, fields: checked, createdBy: by });
    return version;
  });
}

async function readDefaultFields(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<FieldMapping[]> {
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const [connection] = isId(connectionId)
    ? await tx.select({ provider: connections.provider }).from(connections).where(own)
    : [];
  if (connection === undefined)
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const provider = providers.find(({ key }) => key === connection.provider);
  if (provider?.push === undefined)
    throw new Problem(
      'not_found',
      `No leads can be pushed to ${provider?.label ?? 'this system'}.`,
    );
  return [...provider.push.defaultMapping];
}

const whereConnection = (tenantId: string, connectionId: string) =>
  and(eq(pushMappings.tenantId, tenantId), eq(pushMappings.connectionId, connectionId));
