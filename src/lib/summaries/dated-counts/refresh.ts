import { sql, type SQL } from 'drizzle-orm';
import type { Change, DerivedWrite } from '../../entities/definition.ts';
import { notes } from '../../schema/notes.ts';
import { scheduledActivities } from '../../schema/scheduled-activities.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { addToSummary, recountSummary, type AdditiveSummary } from '../additive-summary.ts';
import { undated } from '../deltas.ts';
import { computeDatedDeltas, type CountedKind } from './compute.ts';
import { datedCountMonths, datedCounts } from '../../schema/dated-counts.ts';

const summary: AdditiveSummary = {
  table: datedCounts,
  months: datedCountMonths,
  day: 'day',
  keys: ['kind', 'day'],
  sums: ['count'],
};

/** Brings the number of notes up to date with changes. */
export function refreshNoteCounts(
  tenantId: string,
  changes: readonly Change<'note'>[],
): DerivedWrite {
  const deltas = computeDatedDeltas('note', changes, ({ noteDate }) => noteDate);
  return (tx) => addToSummary(tx, summary, tenantId, deltas);
}

/** Brings the number of scheduled activities up to date with changes. */
export function refreshActivityCounts(
  tenantId: string,
  changes: readonly Change<'scheduledActivity'>[],
): DerivedWrite {
  const deltas = computeDatedDeltas('scheduledActivity', changes, ({ scheduledAt }) => scheduledAt);
  return (tx) => addToSummary(tx, summary, tenantId, deltas);
}

/** Recounts the live notes. */
export const recountNoteCounts = (tx: Tx, tenantId: string): Promise<void> =>
  recount(tx, tenantId, 'note', sql`${notes}`, sql`note_date`);

/** Recounts the live scheduled activities. */
export const recountActivityCounts = (tx: Tx, tenantId: string): Promise<void> =>
  recount(tx, tenantId, 'scheduledActivity', sql`${scheduledActivities}`, sql`scheduled_at`);

/** Recounts one kind; the table holds all kinds. */
function recount(tx: Tx, tenantId: string, kind: CountedKind, table: SQL, at: SQL): Promise<void> {
  return recountSummary(
    tx,
    { ...summary, only: sql`kind = ${kind}` },
    tenantId,
    sql`
    select ${kind}::text as kind,
      coalesce((${at} at time zone 'UTC')::date, ${undated}::date) as day, count(*) as count
    from ${table} where tenant_id = ${tenantId} and deleted_at is null group by 2`,
  );
}
