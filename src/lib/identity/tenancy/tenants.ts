import { and, asc, eq, isNull } from 'drizzle-orm';
import { globalDb, withOwner } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isTimeZone } from '../../platform/time-zone.ts';
import { changedFields, recordAudit } from '../audit/record.ts';
import { tenants } from '../../schema/tenants.ts';

export type Tenant = typeof tenants.$inferSelect;

/** A tenant that is served, by the slug of its URL. */
export async function findTenant(slug: string): Promise<Tenant | undefined> {
  const rows = await globalDb()
    .select()
    .from(tenants)
    .where(and(eq(tenants.slug, slug), isNull(tenants.archivedAt)));
  return rows[0];
}

export async function getTenant(id: string): Promise<Tenant> {
  const rows = await globalDb().select().from(tenants).where(eq(tenants.id, id));
  const tenant = rows[0];
  if (tenant === undefined) throw new Problem('not_found', 'There is no such workspace.');
  return tenant;
}

/** All tenants that are served, by name. */
export function listTenants(): Promise<Tenant[]> {
  return globalDb()
    .select()
    .from(tenants)
    .where(isNull(tenants.archivedAt))
    .orderBy(asc(tenants.name));
}

export interface NewTenant {
  slug: string;
  name: string;
  timeZone?: string | undefined;
  currency?: string | undefined;
  accent?: string | undefined;
}

/**
 * Creates a tenant, as the owner of the database. Throws Problem for a slug that is taken or
 * malformed, and for an unknown time zone, currency or colour.
 */
export async function createTenant(input: NewTenant): Promise<Tenant> {
  checkTenant(input);
  return withOwner((db) => db.transaction((tx) => insertTenant(tx, input)));
}

async function insertTenant(tx: Tx, input: NewTenant): Promise<Tenant> {
  const [tenant] = await tx
    .insert(tenants)
    .values(input)
    .onConflictDoNothing({ target: tenants.slug })
    .returning();
  if (tenant === undefined)
    throw new Problem(
      'conflict',
      `A workspace with the slug "${input.slug}" already exists. Choose another slug.`,
    );
  await recordAudit(tx, {
    tenantId: tenant.id,
    action: 'workspace.created',
    target: { type: 'workspace', id: tenant.id, label: tenant.name },
  });
  return tenant;
}

export interface TenantLimits {
  /** Days for which raw responses are kept that no replay needs; at least 1. */
  rawRetentionDays?: number | undefined;
  /** The largest share of a stream's rows that is deleted without confirmation, from 0 to 1. */
  deletionShare?: number | undefined;
}

/** Changes the limits of a tenant; those that are left out stay the same. */
export async function updateTenant(id: string, limits: TenantLimits): Promise<Tenant> {
  const { rawRetentionDays: days, deletionShare: share } = limits;
  if (days === undefined && share === undefined)
    throw new Problem('bad_request', 'Choose at least one setting to change.');
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= 36_500))
    throw new Problem('bad_request', 'The retention must be a whole number of days, at least 1.');
  if (share !== undefined && !(share >= 0 && share <= 1))
    throw new Problem('bad_request', 'The share must be a number from 0 to 1, for example 0.2.');
  return globalDb().transaction(async (tx) => {
    const [before] = await tx.select().from(tenants).where(eq(tenants.id, id)).for('update');
    const [tenant] = await tx.update(tenants).set(limits).where(eq(tenants.id, id)).returning();
    if (before === undefined || tenant === undefined)
      throw new Problem('not_found', 'There is no such workspace.');
    await recordAudit(tx, {
      tenantId: id,
      action: 'settings.changed',
      target: { type: 'workspace', id, label: tenant.name },
      ...changedFields(before, tenant),
    });
    return tenant;
  });
}

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function checkTenant(input: NewTenant): void {
  if (!slugPattern.test(input.slug)) {
    throw new Problem(
      'bad_request',
      'A slug has 1 to 63 lower-case letters, digits and inner hyphens, ' +
        'for example "summit-fitness".',
    );
  }
  if (input.name.trim() === '') throw new Problem('bad_request', 'A workspace needs a name.');
  if (input.timeZone !== undefined && !isTimeZone(input.timeZone)) {
    throw new Problem(
      'bad_request',
      `"${input.timeZone}" is not a time zone. Use an IANA name such as "America/Denver".`,
    );
  }
  if (
    input.currency !== undefined &&
    !Intl.supportedValuesOf('currency').includes(input.currency)
  ) {
    throw new Problem(
      'bad_request',
      `"${input.currency}" is not a currency. Use an ISO 4217 code such as "USD".`,
    );
  }
  if (input.accent !== undefined && !/^#[0-9a-f]{6}$/i.test(input.accent)) {
    throw new Problem('bad_request', `"${input.accent}" is not a colour. Use #rrggbb.`);
  }
}
