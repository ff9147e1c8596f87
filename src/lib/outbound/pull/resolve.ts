import { and, eq, isNull } from 'drizzle-orm';
import { loadUserNames } from '../../identity/actor.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { pushConflicts } from '../../schema/pushes.ts';
import { selectOpenConflicts, type ConflictRow } from '../conflicts.ts';
import { enqueuePushes } from '../push/enqueue.ts';
import { conflictsDigest, hashConflict, isWholeRecord } from './conflict.ts';
import { applyDecision, changedAgainProblem, finishDecision, type Choice } from './decide.ts';
import { lockPush, readOurValue } from './locked-push.ts';

/**
 * Resolves a conflict: `ours` is sent to the CRM, or `theirs` is taken over into the lead. When no
 * conflict of the push is left, the push is pending or synced again. Resolving a conflict twice in
 * the same way does nothing. Throws Problem: `not_found`, or `conflict` when somebody decided the
 * other way, when the conflict has changed since `seen` (see `hashConflict`), or while the lead is
 * being sent.
 */
export function resolveConflict(
  tenantId: string,
  conflictId: string,
  choice: Choice,
  by: string,
  seen?: string,
): Promise<void> {
  return resolveWith(tenantId, choice, by, async (tx) => {
    const [row] = isId(conflictId)
      ? await tx
          .select()
          .from(pushConflicts)
          .where(and(eq(pushConflicts.tenantId, tenantId), eq(pushConflicts.id, conflictId)))
      : [];
    if (row === undefined)
      throw new Problem('not_found', 'There is no such conflict in this workspace.');
    if (row.resolvedAt !== null) return assertSameResolution(tx, row, choice);
    if (seen !== undefined && seen !== hashConflict(row)) throw changedAgainProblem();
    return [row];
  });
}

/** As `resolveConflict`, for all open conflicts of a push. `seen`: see `conflictsDigest`. */
export function resolveAll(
  tenantId: string,
  pushId: string,
  choice: Choice,
  by: string,
  seen?: string,
): Promise<void> {
  return resolveWith(tenantId, choice, by, async (tx) => {
    const rows = isId(pushId) ? await selectOpenConflicts(tx, { tenantId, id: pushId }) : [];
    if (seen !== undefined && rows.length > 0 && seen !== conflictsDigest(rows))
      throw changedAgainProblem();
    return rows;
  });
}

async function resolveWith(
  tenantId: string,
  choice: Choice,
  by: string,
  find: (tx: Tx) => Promise<ConflictRow[]>,
): Promise<void> {
  const { timeZone } = await getTenant(tenantId);
  // Our value may have changed since the conflict was found, and the person has to have seen it.
  await retryInTenant(tenantId, async (tx) => refreshOurValues(tx, tenantId, await find(tx)));
  const due = await retryInTenant(tenantId, async (tx) => {
    const [first] = await find(tx);
    if (first === undefined) return undefined;
    const place = await lockPush(tx, tenantId, first.pushId);
    // Read again under the lock, because somebody else may have decided in the meantime.
    for (const row of await find(tx)) await applyDecision(tx, place, row, choice, { by, timeZone });
    return (await finishDecision(tx, place)) === 'pending' ? place.push : undefined;
  });
  if (due !== undefined) await enqueuePushes(tenantId, due.connectionId);
}

/** Stores our current values in the open conflicts of a push. */
async function refreshOurValues(
  tx: Tx,
  tenantId: string,
  rows: readonly ConflictRow[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const locked = await lockPush(tx, tenantId, first.pushId);
  for (const row of rows.filter((one) => !isWholeRecord(one))) {
    const ours = await readOurValue(tx, locked, row.field);
    const shown = ours === null ? null : String(ours);
    if (shown !== row.ours)
      await tx
        .update(pushConflicts)
        .set({ ours: shown })
        .where(
          and(
            eq(pushConflicts.tenantId, tenantId),
            eq(pushConflicts.id, row.id),
            isNull(pushConflicts.resolvedAt),
          ),
        );
  }
}

/**
 * Nothing is left to do when the conflict was resolved with the same choice, for example by a
 * second click. Throws Problem (conflict) when it was resolved otherwise.
 */
async function assertSameResolution(
  tx: Tx,
  { resolution, resolvedBy }: ConflictRow,
  choice: Choice,
): Promise<ConflictRow[]> {
  if (resolution === choice) return [];
  const who =
    resolvedBy === null ? undefined : (await loadUserNames(tx, [resolvedBy])).get(resolvedBy);
  const how =
    resolution === 'gone'
      ? 'has resolved itself'
      : `was decided the other way${who === undefined ? '' : ` by ${who}`}`;
  throw new Problem('conflict', `This conflict ${how} in the meantime, so nothing was changed.`);
}
