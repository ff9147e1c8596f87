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
  /** In plain words and without secrets, because people see it. */
  reason: string;
  attempts: number;
}

/** Stores a failed job. If the same job has already failed, adds to its attempts. */
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

/** Marks failed jobs as retried because the same work was requested in another way, or is done. */
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

/** Condition: the job has failed and waits for a person. */
function whereFailedJobOpen(tenantId: string, job: string, subject: string) {
  return and(
    eq(deadLetters.tenantId, tenantId),
    eq(deadLetters.job, job),
    eq(deadLetters.subject, subject),
    isNull(deadLetters.resolvedAt),
  );
}

/** Whether a failed job waits for a person. Until then the same work is not queued again. */
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
