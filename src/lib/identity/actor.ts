import { inArray } from 'drizzle-orm';
import { hasRole, type Access } from './auth/access.ts';
import { users } from '../schema/identity.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';

/**
 * Somebody who may look at what was set aside in a workspace and decide about it. All reads and
 * verbs here ask for one.
 */
export interface Actor {
  tenantId: string;
  /** Null for operators at the command line, who have no account. */
  userId: string | null;
}

/** Admins and staff only: what was set aside shows parts of the items as the source sent them. */
export function toActor(access: Access): Actor {
  if (!hasRole(access, 'admin'))
    throw new Problem(
      'forbidden',
      'Only admins of this workspace can deal with what was set aside.',
    );
  return { tenantId: access.tenant.id, userId: access.user.id };
}

/** What people are called, by their ids. Somebody whose account is gone is missing. */
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

/** The notice for whoever comes second: two people may have the same list open. */
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
    `This ${what} was ${how}${who === undefined ? '' : ` by ${who}`} in the meantime. Nothing was changed now.`,
  );
}
