import type { Tx } from '../platform/db/pool.ts';
import { loadUserNames } from '../identity/actor.ts';

/**
 * Reads the names of users and returns a function from id to name. It maps null, which stands for
 * the system or the command line, to null, and a deleted account to a general label.
 */
export async function loadNames(
  tx: Tx,
  userIds: readonly (string | null)[],
): Promise<(userId: string | null) => string | null> {
  const names = await loadUserNames(tx, userIds);
  return (userId) => (userId === null ? null : (names.get(userId) ?? 'A former user'));
}
