import { sql } from 'drizzle-orm';
import { addedStreamsOf, nameStreams, type NamedStream } from '../connections/streams.ts';
import { connections } from '../schema/connections.ts';
import { getProvider } from '../connectors/registry.ts';
import { defineTenantQuery } from '../identity/tenancy/with-tenant.ts';
import { recordErrors, streamStates, syncRuns, syncRunStreams } from '../schema/sync.ts';

export type SyncState = 'never' | 'running' | 'success' | 'partial' | 'failed';

export interface SourceFreshness {
  connectionId: string;
  provider: string;
  label: string;
  status: SyncState;
  /** When every stream of the source was last brought up to date; null when one never was. */
  lastSuccessAt: Date | null;
  isStale: boolean;
  needsReconnect: boolean;
  error: string | null;
  /** Records that are rejected at present. */
  rejected: number;
  running: { runId: string; startedAt: Date; stream: string | null; fetched: number } | null;
}

/** Data older than this is called stale. */
export const staleAfterMs = 2 * 3_600_000;

/**
 * A run that no worker has held for this long is not shown as running any more, although the next
 * worker will resume it.
 */
const abandonedSeconds = 600;

/**
 * How fresh each source of a tenant is, measured on its data: a run that failed makes nothing
 * fresher.
 */
export async function readSourceFreshness(tenantId: string, now: Date): Promise<SourceFreshness[]> {
  return (await readSources(tenantId)).map((row) => {
    const streams = nameStreams(getProvider(row.provider), row.added).map(({ name }) =>
      toDate(row.fresh?.[name] ?? null),
    );
    const lastSuccessAt = streams.includes(null) ? null : findOldest(streams as Date[]);
    const { running, finished } = row;
    return {
      connectionId: row.id,
      provider: row.provider,
      label: row.label,
      status: running === null ? (finished?.status ?? 'never') : 'running',
      lastSuccessAt,
      isStale: isStale(lastSuccessAt, now),
      needsReconnect: row.status === 'needs_reconnect',
      error: finished?.errorMessage ?? null,
      rejected: row.rejected,
      running: running === null ? null : { ...running, startedAt: new Date(running.startedAt) },
    };
  });
}

const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));

export function isStale(lastSuccessAt: Date | null, now: Date): boolean {
  return lastSuccessAt === null || now.getTime() - lastSuccessAt.getTime() > staleAfterMs;
}

function findOldest(times: Date[]): Date | null {
  return times.reduce<Date | null>(
    (found, at) => (found === null || at < found ? at : found),
    null,
  );
}

/**
 * One connection with its streams and its newest runs. Times inside JSON are ISO texts.
 */
interface SourceRow {
  id: string;
  provider: string;
  label: string;
  status: string;
  fresh: Record<string, string | null> | null;
  added: NamedStream[];
  rejected: number;
  running: { runId: string; startedAt: string; stream: string | null; fetched: number } | null;
  finished: { status: 'success' | 'partial' | 'failed'; errorMessage: string | null } | null;
}

/**
 * All sources in one statement, because every page of the site reads them. The newest run of each
 * kind is looked up through the index: the history of runs only grows.
 */
const readSources = defineTenantQuery<SourceRow>((tenant) => {
  const whereConnection = sql`tenant_id = ${tenant} and connection_id = c.id`;
  const runStreams = sql`from ${syncRunStreams} where tenant_id = ${tenant} and run_id = r.id`;
  return sql`
    select c.id, c.provider, c.label, c.status,
      (select json_object_agg(stream, fresh_at)
        from ${streamStates} where ${whereConnection}) as fresh,
      ${addedStreamsOf(tenant)} as added,
      (select count(*)::int
        from ${recordErrors} where ${whereConnection} and resolved_at is null) as rejected,
      (select json_build_object('runId', r.id, 'startedAt', r.started_at,
          'stream', (select max(stream) filter (where status = 'running') ${runStreams}),
          'fetched', (select coalesce(sum(fetched), 0) ${runStreams}))
        from ${syncRuns} as r
        where ${whereConnection} and status = 'running' and trigger <> 'replay'
          and coalesce(r.lease_until, c.due_at)
            > now() - make_interval(secs => ${sql.raw(String(abandonedSeconds))})
        limit 1) as running,
      (select json_build_object('status', status, 'errorMessage', error_message)
        from ${syncRuns}
        where ${whereConnection} and status <> 'running' and trigger <> 'replay'
        order by started_at desc nulls last limit 1) as finished
    from ${connections} as c where c.tenant_id = ${tenant} order by c.created_at, c.id`;
});
