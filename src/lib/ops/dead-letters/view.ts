import { z } from 'zod';
import { isStorable } from '../../records/text.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { loadUserNames, type Actor } from '../../identity/actor.ts';
import {
  listFailedJobGroups,
  listFailedJobs,
  listResolvedJobs,
} from '../../jobs/failed/queries.ts';
import {
  listRejectionGroups,
  listRejections,
  listResolvedRejections,
  type RejectionFilter,
} from '../../ingest/rejections/queries.ts';
import { recordLabel } from '../../ingest/rejections/labels.ts';

const text = z.string().min(1).max(200).refine(isStorable).optional().catch(undefined);
const filterSchema = z.object({
  connection: text,
  stream: text,
  kind: text,
  cursor: z.string().max(2_000).optional().catch(undefined),
});

/** Parses the filter of the failed records from a URL. Invalid values count as absent. */
export function parseRejectionFilter(params: URLSearchParams): RejectionFilter {
  return filterSchema.parse(Object.fromEntries(params));
}

/** A failed record or job that has been resolved. */
export interface Resolved {
  id: string;
  /** Its label, such as "Clients 4711" or "Sync connection". */
  what: string;
  source: string | null;
  kindLabel: string;
  at: Date;
  resolution: 'accepted' | 'gone' | 'corrected' | 'discarded' | 'retried';
  /** Null when the source fixed it, or an operator used the command line. */
  by: string | null;
  note: string | null;
}

export type DeadLettersView = Awaited<ReturnType<typeof getDeadLettersView>>;
export type RecordRow = DeadLettersView['records']['rows'][number];

/** The most entries of the history that the page shows. */
const maxHistory = 50;

/** Everything on the page of failed records and jobs, as of one moment. */
export function getDeadLettersView({ tenantId }: Actor, filter: RejectionFilter) {
  return readTenant(tenantId, async (tx) => {
    const groups = await listRejectionGroups(tx, tenantId);
    const page = await listRejections(tx, tenantId, filter);
    const shown = groups.filter(
      ({ connectionId, stream, kind }) =>
        matchesFilter(filter.connection, connectionId) &&
        matchesFilter(filter.stream, stream) &&
        matchesFilter(filter.kind, kind),
    );
    return {
      groups,
      records: { ...page, total: sumCounts(shown) },
      recordCount: sumCounts(groups),
      jobGroups: await listFailedJobGroups(tx, tenantId),
      jobs: await listFailedJobs(tx, tenantId),
      resolved: await listRecentlyResolved(tx, tenantId),
    };
  });
}

const matchesFilter = (wanted: string | undefined, value: string): boolean =>
  wanted === undefined || wanted === value;
const sumCounts = (groups: { count: number }[]): number =>
  groups.reduce((total, { count }) => total + count, 0);

async function listRecentlyResolved(tx: Tx, tenantId: string): Promise<Resolved[]> {
  const records = (await listResolvedRejections(tx, tenantId, maxHistory)).map((row) => ({
    ...row,
    what: recordLabel(row.streamLabel, row.key),
  }));
  const jobs = (await listResolvedJobs(tx, tenantId, maxHistory)).map((row) => ({
    ...row,
    what: row.jobLabel,
  }));
  const both = [...records, ...jobs].flatMap(({ resolvedAt: at, resolution, ...row }) =>
    at === null || resolution === null ? [] : [{ ...row, at, resolution }],
  );
  const latest = both.toSorted((a, b) => b.at.getTime() - a.at.getTime()).slice(0, maxHistory);
  const names = await loadUserNames(
    tx,
    latest.map(({ resolvedBy }) => resolvedBy),
  );
  return latest.map(({ id, what, source, kindLabel, at, resolution, resolvedBy, note }) => ({
    id,
    what,
    source,
    kindLabel,
    at,
    resolution,
    note,
    by: resolvedBy === null ? null : (names.get(resolvedBy) ?? 'A former user'),
  }));
}
