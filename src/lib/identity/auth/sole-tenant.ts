import { and, eq, isNull } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { tenants } from '../../schema/tenants.ts';
import { memberships } from '../../schema/identity.ts';

/** The only tenant of a user, which signing in opens directly; null for none or several. */
export async function findSoleTenant(userId: string): Promise<string | null> {
  const rows = await globalDb()
    .select({ id: tenants.id })
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.organizationId))
    .where(and(eq(memberships.userId, userId), isNull(tenants.archivedAt)))
    .limit(2);
  return rows.length === 1 ? (rows[0]?.id ?? null) : null;
}
