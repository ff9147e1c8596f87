import { inArray } from 'drizzle-orm';
import { hasRole, type Access } from './auth/access.ts';
import { users } from '../schema/identity.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';

/** A person who may see and resolve rejected records and failed jobs of a workspace. */
export interface Actor {
  tenantId: string;
  /** Null for operators at the command line, who have no account. */
  userId: string | null;
}

/** Only admins and staff: rejected records and failed jobs show parts of the raw items. */
export function toActor(access: Access): Actor {
  if (!hasRole(access, 'admin'))
    throw new Problem(
      'forbidden',
      'Only admins of this workspace can resolve rejected records and failed jobs.',
    );
  return { tenantId: access.tenant.id, userId: access.user.id };
}

/** The names of users by id. Deleted accounts are left out. */
export async function loadUserNames(
  tx: Tx,
  userIds: readonly (string | null)[],
): Promise<Map<string, string>> {
  const ids = [...new Set(userIds.filter((id) => id !== null))];
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select({ id: users.id, name: users.name, email: users.email })
    .from(users)
    .where(inArray(users.id, ids));
  return new Map(rows.map(({ id, name, email }) => [id, name || email]));
}

const resolutionLabels = {
  accepted: 'accepted',
  gone: 'deleted at its source',
  corrected: 'corrected',
  discarded: 'discarded',
  retried: 'retried',
} as const;

/** The error for the second of two people who had the same list open. */
export async function createConflictProblem(
  tx: Tx,
  what: string,
  {
    resolution,
    resolvedBy,
  }: { resolution: keyof typeof resolutionLabels | null; resolvedBy: string | null },
): Promise<Problem> {
  const who =
    resolvedBy === null ? undefined : (await loadUserNames(tx, [resolvedBy])).get(resolvedBy);
  const how = resolution === null ? 'dealt with' : resolutionLabels[resolution];
  return new Problem(
    'conflict',
    `This ${what} was ${how}${who === undefined ? '' : ` by ${who}`} in the meantime. ` +
      'Nothing was changed now.',
  );
}
