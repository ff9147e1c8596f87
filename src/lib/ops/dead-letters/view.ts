import { z } from 'zod';
import { isStorable } from '../../records/text.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { namesOf, type Actor } from '../../identity/actor.ts';
import { openJobGroups, openJobs, resolvedJobs } from '../../jobs/failed/queries.ts';
import {
  openGroups,
  openRecords,
  resolvedRecords,
  type RecordFilter,
} from '../../ingest/rejections/queries.ts';
import { recordLabel } from '../../ingest/rejections/labels.ts';

const text = z.string().min(1).max(200).refine(isStorable).optional().catch(undefined);
const filterForm = z.object({
  connection: text,
  stream: text,
  kind: text,
  cursor: z.string().max(2_000).optional().catch(undefined),
});

/** Reads from a URL which records to show. What cannot be read counts as not given. */
export function parseRecordFilter(params: URLSearchParams): RecordFilter {
  return filterForm.parse(Object.fromEntries(params));
}

/** Something that was dealt with. */
export interface Resolved {
  id: string;
  /** What it was, such as "Clients 4711" or "Sync connection". */
  what: string;
  source: string | null;
  kindLabel: string;
  at: Date;
  resolution: 'accepted' | 'gone' | 'corrected' | 'discarded' | 'retried';
  /** Null when nobody had to: the source mended it, or an operator did at the command line. */
  by: string | null;
  note: string | null;
}

export type SetAsideView = Awaited<ReturnType<typeof setAsideView>>;
export type RecordRow = SetAsideView['records']['rows'][number];
export type JobRow = SetAsideView['jobs'][number];

/** How much of the history is shown. */
const newest = 50;

/** Everything on the page of what was set aside, as of one moment. */
export function setAsideView({ tenantId }: Actor, filter: RecordFilter) {
  return readTenant(tenantId, async (tx) => {
    const groups = await openGroups(tx, tenantId);
    const page = await openRecords(tx, tenantId, filter);
    const shown = groups.filter(
      ({ connectionId, stream, kind }) =>
        isAsked(filter.connection, connectionId) &&
        isAsked(filter.stream, stream) &&
        isAsked(filter.kind, kind),
    );
    return {
      groups,
      records: { ...page, total: sum(shown) },
      recordCount: sum(groups),
      jobGroups: await openJobGroups(tx, tenantId),
      jobs: await openJobs(tx, tenantId),
      resolved: await resolvedLately(tx, tenantId),
    };
  });
}

const isAsked = (wanted: string | undefined, value: string): boolean =>
  wanted === undefined || wanted === value;
const sum = (groups: { count: number }[]): number =>
  groups.reduce((total, { count }) => total + count, 0);

async function resolvedLately(tx: Tx, tenantId: string): Promise<Resolved[]> {
  const records = (await resolvedRecords(tx, tenantId, newest)).map((row) => ({
    ...row,
    what: recordLabel(row.streamLabel, row.key),
  }));
  const jobs = (await resolvedJobs(tx, tenantId, newest)).map((row) => ({
    ...row,
    what: row.jobLabel,
  }));
  const both = [...records, ...jobs].flatMap(({ resolvedAt: at, resolution, ...row }) =>
    at === null || resolution === null ? [] : [{ ...row, at, resolution }],
  );
  const latest = both.toSorted((a, b) => b.at.getTime() - a.at.getTime()).slice(0, newest);
  const names = await namesOf(
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
    by: resolvedBy === null ? null : (names.get(resolvedBy) ?? 'Somebody who has left'),
  }));
}
