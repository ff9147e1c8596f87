import { and, eq, isNull, sql } from 'drizzle-orm';
import { globalDb, withOwner } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { memberships, users } from '../../schema/identity.ts';
import { tenants } from '../../schema/tenants.ts';
import { recordAudit } from '../audit/record.ts';
import type { Tenant } from './tenants.ts';

/** A tenant by its slug, archived or not. Throws Problem `not_found`. */
export async function getTenantBySlug(slug: string): Promise<Tenant> {
  const [tenant] = await globalDb().select().from(tenants).where(eq(tenants.slug, slug));
  if (tenant === undefined)
    throw new Problem('not_found', `There is no workspace with the slug "${slug}".`);
  return tenant;
}

/**
 * Takes a workspace out of service, as the owner of the database: nobody can enter it and nothing
 * is synced, but all of it is kept. With `archived` false it is served again.
 */
export async function archiveTenant({ id, slug }: Tenant, archived: boolean): Promise<void> {
  await withOwner((db) =>
    db.transaction(async (tx) => {
      await tx
        .update(tenants)
        .set({ archivedAt: archived ? sql`now()` : null })
        .where(and(eq(tenants.id, id), archived ? isNull(tenants.archivedAt) : undefined));
      await recordAudit(tx, {
        tenantId: id,
        action: archived ? 'workspace.archived' : 'workspace.restored',
        target: { type: 'workspace', id, label: slug },
      });
    }),
  );
}

/** The addresses of people who belong to this workspace and to no other, and are no staff. */
export async function listSoleMembers(tenantId: string): Promise<string[]> {
  const rows = await globalDb()
    .select({ email: users.email })
    .from(users)
    .innerJoin(memberships, eq(memberships.userId, users.id))
    .where(
      sql`${memberships.organizationId} = ${tenantId}
        and not exists (select from memberships as other where other.user_id = ${users.id}
          and other.tenant_id <> ${tenantId})
        and not exists (select from staff_grants as staff where staff.user_id = ${users.id})`,
    )
    .orderBy(users.email);
  return rows.map(({ email }) => email);
}

/**
 * Deletes the row of a workspace whose own rows are gone, as the owner of the database, with its
 * memberships and invitations. What was deleted before is told in the log of the installation.
 */
export async function deleteTenant(
  { id, slug }: Tenant,
  deleted: Record<string, number>,
): Promise<void> {
  await withOwner((db) =>
    db.transaction(async (tx) => {
      await tx.delete(tenants).where(eq(tenants.id, id));
      await recordAudit(tx, {
        tenantId: null,
        action: 'workspace.erased',
        target: { type: 'workspace', id, label: slug },
        after: deleted,
      });
    }),
  );
}
