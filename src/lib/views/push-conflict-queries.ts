import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { connections } from '../schema/connections.ts';
import { leads } from '../schema/leads.ts';
import { pushConflicts, pushes } from '../schema/pushes.ts';
import { onConnection, onLead } from './push-list.ts';

/** The most fields that are read for the page: 50 leads with 20 conflicts each. */
const maxOpen = 1_000;
const maxDecided = 50;

/** Counts the open conflicts of a workspace, shown or not. */
export async function countOpenConflicts(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx
    .select({ total: sql<number>`count(*)::int` })
    .from(pushConflicts)
    .where(and(eq(pushConflicts.tenantId, tenantId), isNull(pushConflicts.resolvedAt)));
  return row?.total ?? 0;
}

const onPush = and(
  eq(pushes.tenantId, pushConflicts.tenantId),
  eq(pushes.id, pushConflicts.pushId),
);
const commonColumns = {
  id: pushConflicts.id,
  pushId: pushConflicts.pushId,
  field: pushConflicts.field,
  ours: pushConflicts.ours,
  theirs: pushConflicts.theirs,
  base: pushConflicts.base,
  foundAt: pushConflicts.foundAt,
  leadId: pushes.leadId,
  leadName: leads.name,
  company: leads.company,
  connectionId: pushes.connectionId,
  system: connections.label,
};

/** Reads the open conflicts, newest first, of all pushes or of one. */
export function selectOpenConflicts(tx: Tx, tenantId: string, push: string | undefined) {
  const copy = sql`(
    select source_updated_at
    from ${leads} as copy
    where copy.tenant_id = ${tenantId} and copy.connection_id = ${pushes.connectionId}
      and copy.external_id = ${pushes.remoteId}
    limit 1)`;
  return tx
    .select({
      ...commonColumns,
      provider: leads.provider,
      oursChangedAt: leads.sourceUpdatedAt,
      theirsChangedAt: sql<Date | null>`${copy}`.mapWith(leads.sourceUpdatedAt),
    })
    .from(pushConflicts)
    .innerJoin(pushes, onPush)
    .innerJoin(leads, onLead)
    .innerJoin(connections, onConnection)
    .where(
      and(
        eq(pushConflicts.tenantId, tenantId),
        isNull(pushConflicts.resolvedAt),
        push === undefined ? undefined : eq(pushConflicts.pushId, push),
      ),
    )
    .orderBy(desc(pushConflicts.foundAt), pushConflicts.pushId, pushConflicts.field)
    .limit(maxOpen);
}

/** Reads the conflicts that were decided last, newest first. */
export function selectDecidedConflicts(tx: Tx, tenantId: string) {
  return tx
    .select({
      ...commonColumns,
      resolution: pushConflicts.resolution,
      resolvedAt: pushConflicts.resolvedAt,
      resolvedBy: pushConflicts.resolvedBy,
    })
    .from(pushConflicts)
    .innerJoin(pushes, onPush)
    .innerJoin(leads, onLead)
    .innerJoin(connections, onConnection)
    .where(and(eq(pushConflicts.tenantId, tenantId), isNotNull(pushConflicts.resolvedAt)))
    .orderBy(desc(pushConflicts.resolvedAt))
    .limit(maxDecided);
}

export type OpenRow = Awaited<ReturnType<typeof selectOpenConflicts>>[number];
export type DecidedRow = Awaited<ReturnType<typeof selectDecidedConflicts>>[number];
