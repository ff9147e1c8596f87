import {
  isStale,
  readSourceFreshness,
  type SourceFreshness as Source,
} from '../ingest/freshness.ts';
import type { Freshness, SyncState } from './types.ts';
import type { Workspace } from './workspace.ts';

/** Reads how fresh and complete the tenant's data is: as old as its oldest source. */
export async function getFreshnessView(
  { tenant }: Workspace,
  now = new Date(),
): Promise<Freshness> {
  return summarizeFreshness(await readSourceFreshness(tenant.id, now), now);
}

/** Combines the freshness of all sources. Pure. */
function summarizeFreshness(sources: Source[], now: Date): Freshness {
  const lastSyncAt = sources.some(({ lastSuccessAt }) => lastSuccessAt === null)
    ? null
    : findOldest(sources);
  return {
    lastSyncAt,
    status: findWorst(sources),
    isStale: isStale(lastSyncAt, now),
    sources: sources.map(({ running: _running, ...source }) => source),
    running: sources.find(({ running }) => running !== null)?.running ?? null,
  };
}

function findOldest(sources: Source[]): Date | null {
  const times = sources.flatMap(({ lastSuccessAt }) =>
    lastSuccessAt === null ? [] : [lastSuccessAt.getTime()],
  );
  return times.length === 0 ? null : new Date(Math.min(...times));
}

const severity: SyncState[] = ['running', 'failed', 'partial', 'never', 'success'];

function findWorst(sources: Source[]): SyncState {
  return severity.find((state) => sources.some(({ status }) => status === state)) ?? 'never';
}
