import { and, asc, eq, isNull, notInArray, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import { pushConflicts } from '../schema/pushes.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';

/** A field that both sides have changed, so that a person has to decide which value is right. */
export interface FieldConflict {
  /**
   * The remote field, with the prefix "deal." for a field of the deal;
   * `wholeRecordField` for the record as a whole.
   */
  field: string;
  ours: FieldValue;
  theirs: FieldValue;
  base: FieldValue | undefined;
}

/**
 * Stands for the record as a whole: the CRM deleted or closed it while the lead is still open here.
 * When a person resolves it as `ours`, `remote_id` and `base` of the push are cleared, and the next
 * push creates a deleted record anew.
 */
export const wholeRecordField = '@lead';

/** `theirs` in a conflict over the whole record, when the CRM deleted it. */
export const remotelyDeleted = 'deleted';

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

export type ConflictRow = typeof pushConflicts.$inferSelect;

/** The open conflicts of a push, by field. */
export function selectOpenConflicts(tx: Tx, push: PushKey): Promise<ConflictRow[]> {
  return tx.select().from(pushConflicts).where(whereOpen(push)).orderBy(asc(pushConflicts.field));
}

/**
 * Records the conflicts of a push, one for each field. Open conflicts of other fields are closed as
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

/** Closes the open conflicts of a push as gone, except those of the named fields. */
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
