import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { recordErrors } from '../../schema/sync.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { createConflictProblem, type Actor } from '../../identity/actor.ts';
import type { RecordError } from './raw.ts';
import type { StreamKey } from '../stream-key.ts';
import { whereOpenRejection } from './open.ts';

/** The open rejections of a stream that have the same kind of reason. */
export interface RejectionGroup extends StreamKey {
  kind: string;
}

/** An open rejection. One that does not exist or is resolved is a Problem. */
export async function requireOpenRejection(actor: Actor, id: string): Promise<RecordError> {
  if (!isId(id)) throw unknownRecord();
  return readTenant(actor.tenantId, async (tx) =>
    assertOpenRejection(
      tx,
      (await tx.select().from(recordErrors).where(whereRejection(actor, id)))[0],
    ),
  );
}

/**
 * As `requireOpenRejection`, and locks it: of two people who decide at the same time, the second
 * one waits here and gets a Problem (conflict).
 */
export async function lockOpenRejection(tx: Tx, actor: Actor, id: string): Promise<RecordError> {
  const [row] = await tx.select().from(recordErrors).where(whereRejection(actor, id)).for('update');
  return assertOpenRejection(tx, row);
}

async function assertOpenRejection(tx: Tx, row: RecordError | undefined): Promise<RecordError> {
  if (row === undefined) throw unknownRecord();
  if (row.resolvedAt !== null) throw await createConflictProblem(tx, 'record', row);
  return row;
}

/** The next open rejections of a group after the id `after`, oldest first, locked. */
export function lockRejectionGroup(
  tx: Tx,
  group: RejectionGroup,
  after: string | null,
  limit: number,
): Promise<RecordError[]> {
  const behind = after === null ? undefined : gt(recordErrors.id, after);
  return tx
    .select()
    .from(recordErrors)
    .where(and(whereOpenInGroup(group), behind))
    .orderBy(asc(recordErrors.id))
    .limit(limit)
    .for('update');
}

export function countRejectionGroup(group: RejectionGroup): Promise<number> {
  return readTenant(
    group.tenantId,
    async (tx) =>
      (
        await tx
          .select({ count: sql<number>`count(*)::int` })
          .from(recordErrors)
          .where(whereOpenInGroup(group))
      )[0]?.count ?? 0,
  );
}

const whereOpenInGroup = (group: RejectionGroup) =>
  and(whereOpenRejection(group), eq(recordErrors.kind, group.kind));

export const whereRejection = ({ tenantId }: Actor, id: string) =>
  and(eq(recordErrors.tenantId, tenantId), eq(recordErrors.id, id));
const unknownRecord = () => new Problem('not_found', 'There is no such record in this workspace.');
