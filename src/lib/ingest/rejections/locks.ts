import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { recordErrors } from '../../schema/sync.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { createConflictProblem, type Actor } from '../../identity/actor.ts';
import type { RecordError } from './raw.ts';
import type { StreamKey } from './stream.ts';

/** The records of a stream that were set aside for the same kind of reason. */
export interface RejectionGroup extends StreamKey {
  kind: string;
}

/** A record that is set aside. One that is not, or not any more, is a Problem. */
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
 * As `requireOpenRejection`, locked: of two people who decide at once, the second one waits here and is
 * told.
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

/** The next open records of a group behind the id `after`, oldest first, locked. */
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

function whereOpenInGroup({ tenantId, connectionId, stream, kind }: RejectionGroup) {
  const whereStream = and(
    eq(recordErrors.tenantId, tenantId),
    eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream),
  );
  return and(whereStream, eq(recordErrors.kind, kind), isNull(recordErrors.resolvedAt));
}

export const whereRejection = ({ tenantId }: Actor, id: string) =>
  and(eq(recordErrors.tenantId, tenantId), eq(recordErrors.id, id));
const unknownRecord = () => new Problem('not_found', 'There is no such record in this workspace.');
