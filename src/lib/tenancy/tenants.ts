import { and, asc, eq, isNull } from 'drizzle-orm';
import { globalDb } from '../platform/db/database.ts';
import { Problem } from '../platform/errors.ts';
import { isTimeZone } from '../platform/time-zone.ts';
import { tenants } from './schema.ts';

export type Tenant = typeof tenants.$inferSelect;

/** A tenant that is served, by the slug of its URL. */
export async function findTenant(slug: string): Promise<Tenant | undefined> {
  const rows = await globalDb().select().from(tenants).where(and(eq(tenants.slug, slug), isNull(tenants.archivedAt)));
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
  return globalDb().select().from(tenants).where(isNull(tenants.archivedAt)).orderBy(asc(tenants.name));
}

export interface NewTenant {
  slug: string;
  name: string;
  timeZone?: string | undefined;
  currency?: string | undefined;
  accent?: string | undefined;
}

/** Creates a tenant. A slug that is taken or ill-formed, an unknown time zone or currency is a Problem. */
export async function createTenant(input: NewTenant): Promise<Tenant> {
  checkTenant(input);
  const rows = await globalDb().insert(tenants).values(input).onConflictDoNothing({ target: tenants.slug }).returning();
  const tenant = rows[0];
  if (tenant === undefined) throw new Problem('conflict', `A workspace with the slug "${input.slug}" already exists. Choose another slug.`);
  return tenant;
}

const slugForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function checkTenant(input: NewTenant): void {
  if (!slugForm.test(input.slug)) {
    throw new Problem('bad_request', 'A slug has 1 to 63 lower-case letters, digits and inner hyphens, for example "summit-fitness".');
  }
  if (input.name.trim() === '') throw new Problem('bad_request', 'A workspace needs a name.');
  if (input.timeZone !== undefined && !isTimeZone(input.timeZone)) {
    throw new Problem('bad_request', `"${input.timeZone}" is not a time zone. Use an IANA name such as "America/Denver".`);
  }
  if (input.currency !== undefined && !Intl.supportedValuesOf('currency').includes(input.currency)) {
    throw new Problem('bad_request', `"${input.currency}" is not a currency. Use an ISO 4217 code such as "USD".`);
  }
  if (input.accent !== undefined && !/^#[0-9a-f]{6}$/i.test(input.accent)) {
    throw new Problem('bad_request', `"${input.accent}" is not a colour. Use #rrggbb.`);
  }
}
