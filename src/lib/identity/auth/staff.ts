import { and, eq, isNull } from 'drizzle-orm';
import { globalDb, withOwner } from '../../platform/db/database.ts';
import { newId } from '../../platform/id.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { staffGrants } from '../../schema/identity.ts';
import { recordAboutUser } from '../audit/record.ts';
import type { Person } from './access.ts';

/**
 * Gives an agency user access to one tenant, or to every tenant (null), including future ones.
 * Granting twice has no effect. As the owner of the database: the app role may only read grants.
 */
export async function grantStaff(userId: string, tenantId: string | null): Promise<void> {
  await inOwnerTransaction(async (tx) => {
    const granted = await tx
      .insert(staffGrants)
      .values({ id: newId(), userId, tenantId })
      .onConflictDoNothing()
      .returning();
    if (granted.length > 0)
      await recordAboutUser(tx, userId, { tenantId, action: 'staff.granted' });
  });
}

/** Revokes one grant, with effect from the next request. */
export async function revokeStaff(userId: string, tenantId: string | null): Promise<void> {
  const which =
    tenantId === null ? isNull(staffGrants.tenantId) : eq(staffGrants.tenantId, tenantId);
  await inOwnerTransaction(async (tx) => {
    const revoked = await tx
      .delete(staffGrants)
      .where(and(eq(staffGrants.userId, userId), which))
      .returning();
    if (revoked.length > 0)
      await recordAboutUser(tx, userId, { tenantId, action: 'staff.revoked' });
  });
}

const inOwnerTransaction = (work: (tx: Tx) => Promise<void>): Promise<void> =>
  withOwner((db) => db.transaction(work));

/** Whether the user is staff of any tenant. */
export async function isStaff(userId: string): Promise<boolean> {
  const ofUser = eq(staffGrants.userId, userId);
  return (
    (await globalDb().select({ id: staffGrants.id }).from(staffGrants).where(ofUser).limit(1))
      .length > 0
  );
}

/**
 * Whether the user is staff of every tenant and may see what concerns the whole installation. No
 * identity provider of a client makes anybody staff.
 */
export async function isStaffOfAll({
  id,
  ssoProviderId = null,
}: Pick<Person, 'id' | 'ssoProviderId'>): Promise<boolean> {
  if (ssoProviderId !== null) return false;
  const everywhere = and(eq(staffGrants.userId, id), isNull(staffGrants.tenantId));
  return (
    (await globalDb().select({ id: staffGrants.id }).from(staffGrants).where(everywhere)).length > 0
  );
}
