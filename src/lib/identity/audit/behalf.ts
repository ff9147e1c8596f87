import { and, eq, isNull, or } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { staffGrants, users } from '../../schema/identity.ts';
import { actAs } from './context.ts';

/**
 * Runs work that a person requested earlier, such as a job, so that its events name that person.
 * With null, nobody requested it, and its events name who is at work.
 */
export async function actOnBehalfOf<T>(
  tenantId: string,
  userId: string | null,
  fn: () => Promise<T>,
): Promise<T> {
  if (userId === null) return fn();
  const onGrant = and(
    eq(staffGrants.userId, users.id),
    or(isNull(staffGrants.tenantId), eq(staffGrants.tenantId, tenantId)),
  );
  const [user] = await globalDb()
    .select({ email: users.email, grant: staffGrants.id })
    .from(users)
    .leftJoin(staffGrants, onGrant)
    .where(eq(users.id, userId))
    .limit(1);
  const kind = (user?.grant ?? null) === null ? 'user' : 'staff';
  return actAs({ kind, id: userId, label: user?.email ?? null }, fn);
}
