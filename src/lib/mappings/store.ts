import { isDeepStrictEqual } from 'node:util';
import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  readAuditTarget,
  unknownConnectionProblem,
  whereConnection,
} from '../connections/connections.ts';
import { connections } from '../schema/connections.ts';
import { isStorable } from '../records/text.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { providers } from '../connectors/registry.ts';
import { changedFields, recordAudit } from '../identity/audit/record.ts';
import { readTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { pushMappings } from '../schema/pushes.ts';
import {
  conflictRules,
  objectRoles,
  type FieldMapping,
} from '../connectors/contract/destination.ts';

/** One version of a connection's field mapping. */
export interface Mapping {
  /** 0 is the provider's default mapping. */
  version: number;
  fields: FieldMapping[];
  /** Null for the provider's default. */
  savedAt: Date | null;
  savedBy: string | null;
}

const boundedText = (max: number) => z.string().trim().min(1).max(max).refine(isStorable);

/** The shape of a stored mapping. The bounds keep a form from filling the database. */
export const mappingSchema = z
  .array(
    z.object({
      role: z.enum(objectRoles),
      target: boundedText(100),
      source: boundedText(200),
      labels: z.record(boundedText(200), boundedText(200)).optional(),
      rule: z.enum(conflictRules),
    }),
  )
  .max(300) satisfies z.ZodType<FieldMapping[], unknown>;

/**
 * The mapping in force for a connection. Throws Problem `not_found` when there is no such
 * connection, or its system accepts no leads.
 */
export function loadMapping(tenantId: string, connectionId: string): Promise<Mapping> {
  return readTenant(tenantId, (tx) => selectMapping(tx, tenantId, connectionId));
}

/** As `loadMapping`, inside the caller's transaction; `version` selects an older version. */
export async function selectMapping(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  version?: number,
): Promise<Mapping> {
  const defaultFields = await readDefaultFields(tx, tenantId, connectionId);
  const saved = version === 0 ? undefined : await selectSaved(tx, tenantId, connectionId, version);
  if (saved !== undefined) return saved;
  if (version !== undefined && version !== 0)
    throw new Problem('not_found', `This mapping has no version ${version}.`);
  return { version: 0, fields: defaultFields, savedAt: null, savedBy: null };
}

/** A version that was saved; the newest one when `version` is undefined. */
async function selectSaved(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  version: number | undefined,
): Promise<Mapping | undefined> {
  const ofVersion = version === undefined ? undefined : eq(pushMappings.version, version);
  const [row] = await tx
    .select()
    .from(pushMappings)
    .where(and(whereMapping(tenantId, connectionId), ofVersion))
    .orderBy(desc(pushMappings.version))
    .limit(1);
  return (
    row && {
      version: row.version,
      fields: mappingSchema.parse(row.fields),
      savedAt: row.createdAt,
      savedBy: row.createdBy,
    }
  );
}

/** The saved versions, newest first: who saved each and when, and how many rows it has. */
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
    .where(whereMapping(tenantId, connectionId))
    .orderBy(desc(pushMappings.version))
    .limit(limit);
}

/**
 * Saves rows as the next version and returns its number. `basedOn` is the version that the person
 * edited: if someone else has saved another one since, nothing is saved (Problem `conflict`). Rows
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
    // The lock on the connection's row makes two people who save at once take turns.
    if (isId(connectionId))
      await tx
        .select({ id: connections.id })
        .from(connections)
        .where(whereConnection(tenantId, connectionId))
        .for('no key update');
    const current = await selectMapping(tx, tenantId, connectionId);
    if (isDeepStrictEqual(current.fields, checked)) return current.version;
    if (current.version !== basedOn)
      throw new Problem(
        'conflict',
        'Someone else saved this mapping while you were editing it, so your changes were not ' +
          'saved. Reload the page and make them again.',
      );
    const version = current.version + 1;
    await tx
      .insert(pushMappings)
      .values({ tenantId, connectionId, version, fields: checked, createdBy: by });
    await recordAudit(tx, {
      tenantId,
      action: 'mapping.changed',
      target: await readAuditTarget(tx, tenantId, connectionId),
      ...changedFields(
        { version: current.version, ...describeFields(current.fields, checked) },
        { version, ...describeFields(checked, current.fields) },
      ),
    });
    return version;
  });
}

/** What fills each field of the CRM; null for the fields that only `other` fills. */
function describeFields(
  fields: readonly FieldMapping[],
  other: readonly FieldMapping[],
): Record<string, unknown> {
  const nameOf = ({ role, target }: FieldMapping) => `${role}.${target}`;
  return Object.fromEntries([
    ...other.map((field) => [nameOf(field), null]),
    ...fields.map(({ source, rule, labels, ...field }) => [
      nameOf({ source, rule, ...field }),
      { source, rule, ...(labels && { labels }) },
    ]),
  ]);
}

async function readDefaultFields(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<FieldMapping[]> {
  const [connection] = isId(connectionId)
    ? await tx
        .select({ provider: connections.provider })
        .from(connections)
        .where(whereConnection(tenantId, connectionId))
    : [];
  if (connection === undefined) throw unknownConnectionProblem();
  const provider = providers.find(({ key }) => key === connection.provider);
  if (provider?.push === undefined)
    throw new Problem(
      'not_found',
      `Leads cannot be pushed to ${provider?.label ?? 'this system'}.`,
    );
  return [...provider.push.defaultMapping];
}

const whereMapping = (tenantId: string, connectionId: string) =>
  and(eq(pushMappings.tenantId, tenantId), eq(pushMappings.connectionId, connectionId));
