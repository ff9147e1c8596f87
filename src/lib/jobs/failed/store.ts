import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { deadLetters } from '../../schema/dead-letters.ts';

export interface FailedJob {
  tenantId: string;
  job: string;
  /** What the job works on, such as a connection's id. */
  subject: string;
  connectionId: string | null;
  payload: unknown;
  kind: string;
  /** In plain words, without secrets: it is shown. */
  reason: string;
  attempts: number;
}

/**
 * Keeps a job that was given up. One that is set aside already counts as another failure of the
 * same.
 */
export async function recordFailedJob(tx: Tx, failedJob: FailedJob): Promise<void> {
  await tx
    .insert(deadLetters)
    .values({ ...failedJob, id: newId() })
    .onConflictDoUpdate({
      target: [deadLetters.tenantId, deadLetters.job, deadLetters.subject],
      targetWhere: isNull(deadLetters.resolvedAt),
      set: {
        kind: failedJob.kind,
        reason: failedJob.reason,
        attempts: sql`${deadLetters.attempts} + ${failedJob.attempts}`,
        lastFailedAt: sql`now()`,
      },
    });
}

/**
 * The same work was asked for again by other means than a retry, or is done: what was set aside of
 * it is history.
 */
export async function resolveFailedJobs(
  tx: Tx,
  tenantId: string,
  job: string,
  subjects: readonly string[],
  by: string | null,
): Promise<void> {
  const open = and(
    eq(deadLetters.tenantId, tenantId),
    eq(deadLetters.job, job),
    inArray(deadLetters.subject, [...subjects]),
    isNull(deadLetters.resolvedAt),
  );
  await tx
    .update(deadLetters)
    .set({ resolvedAt: sql`now()`, resolution: 'retried', resolvedBy: by })
    .where(open);
}

/** The condition that a job is set aside and waits for a person. */
function whereFailedJobOpen(tenantId: string, job: string, subject: string) {
  return and(
    eq(deadLetters.tenantId, tenantId),
    eq(deadLetters.job, job),
    eq(deadLetters.subject, subject),
    isNull(deadLetters.resolvedAt),
  );
}

/** Whether a job waits for a person. While one does, nobody queues the same work again. */
export async function isFailedJobOpen(
  tenantId: string,
  job: string,
  subject: string,
): Promise<boolean> {
  const rows = await readTenant(tenantId, (tx) =>
    tx
      .select({ id: deadLetters.id })
      .from(deadLetters)
      .where(whereFailedJobOpen(tenantId, job, subject))
      .limit(1),
  );
  return rows.length > 0;
}
