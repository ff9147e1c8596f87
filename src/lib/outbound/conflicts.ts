import { and, eq, isNull, notInArray, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import { pushConflicts } from '../schema/pushes.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';

/** A field of which a person has to decide. */
export interface FieldConflict {
  /**
   * The remote field; of the opportunity with "opportunity." before it; `wholeRecordField` for the record
   * as a whole.
   */
  field: string;
  ours: FieldValue;
  theirs: FieldValue;
  base: FieldValue | undefined;
}

/**
 * Stands for the record as a whole: it was deleted there, or closed, while we go on with it.
 * Resolved as `ours`, a deleted one is made again once `remote_id` and `base` of the push are
 * cleared.
 */
export const wholeRecordField = '@lead';

interface PushKey {
  tenantId: string;
  id: string;
}

const whereOpen = ({ tenantId, id }: PushKey) =>
  and(
    eq(pushConflicts.tenantId, tenantId),
    eq(pushConflicts.pushId, id),
    isNull(pushConflicts.resolvedAt),
  );

/**
 * Keeps what a person has to decide, once for each field; what is no conflict any more is closed as
 * gone.
 */
export async function recordConflicts(
  tx: Tx,
  push: PushKey,
  conflicts: readonly FieldConflict[],
): Promise<void> {
  await closeConflicts(
    tx,
    push,
    conflicts.map(({ field }) => field),
  );
  for (const { field, ours, theirs, base } of conflicts) {
    const sides = { ours: toText(ours), theirs: toText(theirs), base: toText(base ?? null) };
    await tx
      .insert(pushConflicts)
      .values({ tenantId: push.tenantId, id: newId(), pushId: push.id, field, ...sides })
      .onConflictDoUpdate({
        target: [pushConflicts.tenantId, pushConflicts.pushId, pushConflicts.field],
        targetWhere: isNull(pushConflicts.resolvedAt),
        set: sides,
      });
  }
}

/** Closes what is open, but for the fields named. */
export async function closeConflicts(
  tx: Tx,
  push: PushKey,
  except: readonly string[] = [],
): Promise<void> {
  const others = except.length === 0 ? undefined : notInArray(pushConflicts.field, [...except]);
  await tx
    .update(pushConflicts)
    .set({ resolvedAt: sql`now()`, resolution: 'gone' })
    .where(and(whereOpen(push), others));
}

const toText = (value: FieldValue): string | null => (value === null ? null : String(value));
