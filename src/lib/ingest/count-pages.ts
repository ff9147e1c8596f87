import type { Change } from '../entities/definition.ts';
import type { Incoming } from '../entities/incoming.ts';
import { findCoveredUntil } from './intervals.ts';
import type { PreparedPage } from './prepare-pages.ts';
import type { Pass, StreamCounters } from './types.ts';

/** The counters that follow from the pages alone, before anything is compared with the database. */
export function countPages(
  ready: readonly PreparedPage[],
): Pick<StreamCounters, 'pages' | 'fetched' | 'rejected'> {
  const sum = (count: (each: PreparedPage) => number) =>
    ready.reduce((total, each) => total + count(each), 0);
  return {
    pages: ready.length,
    fetched: sum(({ page }) => page.items.length),
    rejected: sum(({ translated }) => translated.rejected.length),
  };
}

/**
 * The counters of pages whose commit went through although the database reported that it failed.
 * The database holds the true ones; this process only needs a balanced sum.
 */
export function countCommittedPages(ready: readonly PreparedPage[]): StreamCounters {
  const counts = countPages(ready);
  return {
    ...counts,
    inserted: 0,
    changed: 0,
    unchanged: counts.fetched - counts.rejected,
    deleted: 0,
  };
}

/**
 * How many changes a reconciling pass found that earlier passes over changes should have reported:
 * changes of items whose source time those passes had already covered.
 */
export function countMissed(
  { span, intervals }: Pass,
  incoming: readonly Incoming[],
  changes: readonly Change[],
): number {
  const covered = span.mode === 'reconcile' ? findCoveredUntil(intervals) : undefined;
  if (covered === undefined || changes.length === 0) return 0;
  const old = new Set(
    incoming.flatMap(({ record }) => {
      const changedAt = readSourceTime(record);
      return changedAt !== undefined && changedAt <= covered ? [record.externalId] : [];
    }),
  );
  return changes.filter(({ after }) => after !== null && old.has(after.externalId)).length;
}

/** When the source changed a record, in its own time (ms); undefined when it does not say. */
export function readSourceTime(record: Incoming['record']): number | undefined {
  return 'sourceUpdatedAt' in record && record.sourceUpdatedAt instanceof Date
    ? record.sourceUpdatedAt.getTime()
    : undefined;
}
