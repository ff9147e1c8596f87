import { and, eq, isNull } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { newId } from '../../platform/id.ts';
import { staffGrants } from '../../schema/identity.ts';

/**
 * Lets an agency user into one tenant, or into every tenant (null), also future ones. Granting
 * twice is fine.
 */
export async function grantStaff(userId: string, tenantId: string | null): Promise<void> {
  await globalDb()
    .insert(staffGrants)
    .values({ id: newId(), userId, tenantId })
    .onConflictDoNothing();
}

/** Takes one grant back; it ends with the next request. */
export async function revokeStaff(userId: string, tenantId: string | null): Promise<void> {
  const which =
    tenantId === null ? isNull(staffGrants.tenantId) : eq(staffGrants.tenantId, tenantId);
  await globalDb()
    .delete(staffGrants)
    .where(and(eq(staffGrants.userId, userId), which));
}

/**
 * Whether the user may see what concerns the whole installation: staff of every tenant, not of
 * some.
 */
export async function isStaffOfAll(userId: string): Promise<boolean> {
  const everywhere = and(eq(staffGrants.userId, userId), isNull(staffGrants.tenantId));
  return (
    (await globalDb().select({ id: staffGrants.id }).from(staffGrants).where(everywhere)).length > 0
  );
}
