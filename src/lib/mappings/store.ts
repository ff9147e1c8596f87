import { isDeepStrictEqual } from 'node:util';
import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  readAuditTarget,
  unknownConnectionProblem,
  whereConnection,
} from '../connections/connections.ts';
import { connections } from '../schema/connections.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { providers } from '../connectors/registry.ts';
import { fieldShape } from '../conversion/schema/shape.ts';
import { changedFields, recordAudit } from '../identity/audit/record.ts';
import { readTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { pushMappings } from '../schema/pushes.ts';
import {
  conflictRules,
  objectRoles,
  type FieldMapping,
} from '../connectors/contract/destination.ts';
import {
  applyRowOverrides,
  findRowOverrides,
  nameRow,
  updateOverrides,
  type RowOverride,
} from './row-overrides.ts';

/** One version of a connection's field mapping. */
export interface Mapping {
  /** 0 is the provider's default mapping. */
  version: number;
  /** The rows in force: the default of today with what the version changes about it. */
  fields: FieldMapping[];
  /** The provider's default mapping. */
  defaults: readonly FieldMapping[];
  /** What the version changes about the default; null for one that holds all of its rows. */
  overrides: RowOverride[] | null;
  /** Null for the provider's default. */
  savedAt: Date | null;
  savedBy: string | null;
  /** What the person who saved it noted. */
  note: string | null;
}

/** The bounds keep a form from filling the database. */
const maxRows = 300;
const maxTarget = 100;
const maxRowJson = 50_000;

/** What JSON writes for NUL and for half of a surrogate pair, neither of which Postgres stores. */
const unstorable = /\\u(?:0000|d[89a-f])/;

const rowShape = fieldShape
  .extend({
    role: z.enum(objectRoles),
    target: z.string().trim().min(1).max(maxTarget),
    rule: z.enum(conflictRules),
  })
  .refine((row) => {
    const json = JSON.stringify(row);
    return json.length <= maxRowJson && !unstorable.test(json);
  });

/** The shape of a mapping of a connection. */
export const mappingSchema = z.array(rowShape).max(maxRows) satisfies z.ZodType<
  FieldMapping[],
  unknown
>;

/** The shape of the changes of a version; what they were made upon is only compared. */
const overridesSchema = z.array(
  z.object({
    target: z.string(),
    base: z.unknown().transform((row) => (row ?? null) as FieldMapping | null),
    own: rowShape.nullable(),
  }),
);

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
  const defaults = await readDefaultFields(tx, tenantId, connectionId);
  const row = version === 0 ? undefined : await selectSaved(tx, tenantId, connectionId, version);
  if (row !== undefined) return toMapping(row, defaults);
  if (version !== undefined && version !== 0)
    throw new Problem('not_found', `This mapping has no version ${version}.`);
  return {
    version: 0,
    fields: [...defaults],
    defaults,
    overrides: [],
    savedAt: null,
    savedBy: null,
    note: null,
  };
}

type SavedMapping = typeof pushMappings.$inferSelect;

function toMapping(
  { version, fields, overrides, createdAt, createdBy, note }: SavedMapping,
  defaults: readonly FieldMapping[],
): Mapping {
  const own = overrides === null ? null : overridesSchema.parse(overrides);
  return {
    version,
    fields: own === null ? mappingSchema.parse(fields) : applyRowOverrides(defaults, own),
    defaults,
    overrides: own,
    savedAt: createdAt,
    savedBy: createdBy,
    note,
  };
}

/** A version that was saved; the newest one when `version` is undefined. */
async function selectSaved(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  version: number | undefined,
): Promise<SavedMapping | undefined> {
  const ofVersion = version === undefined ? undefined : eq(pushMappings.version, version);
  const [row] = await tx
    .select()
    .from(pushMappings)
    .where(and(whereMapping(tenantId, connectionId), ofVersion))
    .orderBy(desc(pushMappings.version))
    .limit(1);
  return row;
}

/** A version in the list of all. */
export interface MappingVersion {
  version: number;
  /** How many rows it had when it was saved. */
  size: number;
  savedAt: Date;
  savedBy: string | null;
  note: string | null;
}

/** The saved versions, newest first. */
export function listMappingVersions(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  limit: number,
): Promise<MappingVersion[]> {
  const size = sql<number>`jsonb_array_length(${pushMappings.fields})`;
  return tx
    .select({
      version: pushMappings.version,
      size,
      savedAt: pushMappings.createdAt,
      savedBy: pushMappings.createdBy,
      note: pushMappings.note,
    })
    .from(pushMappings)
    .where(whereMapping(tenantId, connectionId))
    .orderBy(desc(pushMappings.version))
    .limit(limit);
}

/**
 * What changed from one version to another, by the rows that each had when it was saved. Version 0
 * is the default of today. Throws Problem `not_found` for a version that there is not.
 */
export async function compareVersions(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  from: number,
  to: number,
): Promise<RowOverride[]> {
  const read = async (version: number) => {
    const saved =
      version === 0 ? undefined : await selectSaved(tx, tenantId, connectionId, version);
    return saved === undefined
      ? (await selectMapping(tx, tenantId, connectionId, version)).fields
      : mappingSchema.parse(saved.fields);
  };
  return findRowOverrides(await read(from), await read(to));
}

/** What a person says of a version besides its rows. */
export interface VersionRemarks {
  note?: string | null;
  /** Names of changed rows that stay although the default has changed since. */
  confirmed?: readonly string[];
}

/**
 * Saves rows as the next version and returns its number. `basedOn` is the version that the person
 * edited: if someone else has saved another one since, nothing is saved (Problem `conflict`). Rows
 * equal to those in force make no new version, unless some are confirmed. Of the rows, only those stay as they are that differ
 * from the default of today.
 */
export function saveMapping(
  tenantId: string,
  connectionId: string,
  fields: readonly FieldMapping[],
  basedOn: number,
  by: string | null,
  { note = null, confirmed = [] }: VersionRemarks = {},
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
    if (confirmed.length === 0 && isDeepStrictEqual(current.fields, checked))
      return current.version;
    if (current.version !== basedOn)
      throw new Problem(
        'conflict',
        'Someone else saved this mapping while you were editing it, so your changes were not ' +
          'saved. Reload the page and make them again.',
      );
    const version = current.version + 1;
    await tx.insert(pushMappings).values({
      tenantId,
      connectionId,
      version,
      fields: checked,
      overrides: updateOverrides(current.defaults, checked, current.overrides ?? [], confirmed),
      note,
      createdBy: by,
    });
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
  return Object.fromEntries([
    ...other.map((field) => [nameRow(field), null]),
    ...fields.map(({ role, target, ...what }) => [nameRow({ role, target }), what]),
  ]);
}

async function readDefaultFields(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<readonly FieldMapping[]> {
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
  return provider.push.defaultMapping;
}

const whereMapping = (tenantId: string, connectionId: string) =>
  and(eq(pushMappings.tenantId, tenantId), eq(pushMappings.connectionId, connectionId));
