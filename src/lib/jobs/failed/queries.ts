import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { deadLetters } from '../../schema/dead-letters.ts';
import { formatFailureKind, formatJobLabel } from './labels.ts';

/** Each subject has at most one failed job, so more than this means an installation-wide fault. */
const maxShown = 100;

const onConnection = and(
  eq(connections.tenantId, deadLetters.tenantId),
  eq(connections.id, deadLetters.connectionId),
);
const withLabels = <Row extends { job: string; kind: string }>(row: Row) => ({
  ...row,
  jobLabel: formatJobLabel(row.job),
  kindLabel: formatFailureKind(row.kind),
});

/** The number of failed jobs for each kind of failure, the most frequent first. */
export async function listFailedJobGroups(tx: Tx, tenantId: string) {
  const count = sql<number>`count(*)::int`.as('count');
  const { job, kind } = deadLetters;
  const rows = await tx
    .select({ job, kind, count })
    .from(deadLetters)
    .where(and(eq(deadLetters.tenantId, tenantId), isNull(deadLetters.resolvedAt)))
    .groupBy(job, kind)
    .orderBy(desc(count), job, kind);
  return rows.map(withLabels);
}

/** The failed jobs, the newest first. */
export async function listFailedJobs(tx: Tx, tenantId: string) {
  const { id, job, kind, reason, payload, attempts, createdAt, lastFailedAt } = deadLetters;
  const rows = await tx
    .select({
      id,
      job,
      kind,
      reason,
      payload,
      attempts,
      firstSeenAt: createdAt,
      lastSeenAt: lastFailedAt,
      source: connections.label,
    })
    .from(deadLetters)
    .leftJoin(connections, onConnection)
    .where(and(eq(deadLetters.tenantId, tenantId), isNull(deadLetters.resolvedAt)))
    .orderBy(desc(lastFailedAt), desc(id))
    .limit(maxShown);
  return rows.map(withLabels);
}

/** How the most recently resolved jobs were resolved. */
export async function listResolvedJobs(tx: Tx, tenantId: string, limit: number) {
  const { id, job, kind, resolvedAt, resolution, resolvedBy, note } = deadLetters;
  const rows = await tx
    .select({ id, job, kind, resolvedAt, resolution, resolvedBy, note, source: connections.label })
    .from(deadLetters)
    .leftJoin(connections, onConnection)
    .where(and(eq(deadLetters.tenantId, tenantId), isNotNull(resolvedAt)))
    .orderBy(desc(resolvedAt))
    .limit(limit);
  return rows.map(withLabels);
}
