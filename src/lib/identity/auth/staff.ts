import { and, eq, isNull } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { newId } from '../../platform/id.ts';
import { staffGrants } from '../../schema/identity.ts';

/**
 * Gives an agency user access to one tenant, or to every tenant (null), including future ones.
 * Granting twice has no effect.
 */
export async function grantStaff(userId: string, tenantId: string | null): Promise<void> {
  await globalDb()
    .insert(staffGrants)
    .values({ id: newId(), userId, tenantId })
    .onConflictDoNothing();
}

/** Revokes one grant, with effect from the next request. */
export async function revokeStaff(userId: string, tenantId: string | null): Promise<void> {
  const which =
    tenantId === null ? isNull(staffGrants.tenantId) : eq(staffGrants.tenantId, tenantId);
  await globalDb()
    .delete(staffGrants)
    .where(and(eq(staffGrants.userId, userId), which));
}

/** Whether the user is staff of every tenant and may see what concerns the whole installation. */
export async function isStaffOfAll(userId: string): Promise<boolean> {
  const everywhere = and(eq(staffGrants.userId, userId), isNull(staffGrants.tenantId));
  return (
    (await globalDb().select({ id: staffGrants.id }).from(staffGrants).where(everywhere)).length > 0
  );
}
