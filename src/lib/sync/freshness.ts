import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { connections } from '../connections/schema.ts';
import { getProvider } from '../providers/registry.ts';
import type { Tx } from '../platform/db/pool.ts';
import { recordErrors, streamStates, syncRuns, syncRunStreams } from './schema.ts';

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
  /** Records that are set aside at present. */
  rejected: number;
  running: { runId: string; startedAt: Date; stream: string | null; fetched: number } | null;
}

/** Data older than this is called stale. */
export const staleAfterMs = 2 * 3_600_000;

/** How fresh each source of a tenant is, measured on its data: a run that failed makes nothing fresher. */
export async function sourceFreshness(tx: Tx, tenantId: string, now: Date): Promise<SourceFreshness[]> {
  const own = await tx.select().from(connections).where(eq(connections.tenantId, tenantId)).orderBy(asc(connections.createdAt), asc(connections.id));
  const fresh = await freshByConnection(tx, tenantId);
  const runs = await newestRuns(tx, tenantId);
  const rejected = await openErrors(tx, tenantId);
  const progress = await progressOf(tx, tenantId, runs.flatMap(({ id, status }) => (status === 'running' ? [id] : [])));
  return own.map((connection) => {
    const streams = getProvider(connection.provider).streams.map(({ name }) => fresh.get(`${connection.id}/${name}`) ?? null);
    const lastSuccessAt = streams.includes(null) ? null : oldest(streams as Date[]);
    const ofConnection = runs.filter((run) => run.connectionId === connection.id);
    const running = ofConnection.find(({ status }) => status === 'running');
    const finished = ofConnection.find(({ status }) => status !== 'running');
    return {
      connectionId: connection.id,
      provider: connection.provider,
      label: connection.label,
      status: running?.status ?? finished?.status ?? 'never',
      lastSuccessAt,
      isStale: isStale(lastSuccessAt, now),
      needsReconnect: connection.status === 'needs_reconnect',
      error: finished?.errorMessage ?? null,
      rejected: rejected.get(connection.id) ?? 0,
      running: running === undefined ? null : { runId: running.id, startedAt: running.startedAt, ...(progress.get(running.id) ?? { stream: null, fetched: 0 }) },
    };
  });
}

export function isStale(lastSuccessAt: Date | null, now: Date): boolean {
  return lastSuccessAt === null || now.getTime() - lastSuccessAt.getTime() > staleAfterMs;
}

function oldest(times: Date[]): Date | null {
  return times.reduce<Date | null>((found, at) => (found === null || at < found ? at : found), null);
}

async function freshByConnection(tx: Tx, tenantId: string): Promise<Map<string, Date | null>> {
  const rows = await tx
    .select({ connectionId: streamStates.connectionId, stream: streamStates.stream, freshAt: streamStates.freshAt })
    .from(streamStates)
    .where(eq(streamStates.tenantId, tenantId));
  return new Map(rows.map((row) => [`${row.connectionId}/${row.stream}`, row.freshAt]));
}

/** The newest run of each connection, and the newest finished one behind a running one. */
async function newestRuns(tx: Tx, tenantId: string) {
  const isRunning = sql<boolean>`${syncRuns.status} = 'running'`;
  return tx
    .selectDistinctOn([syncRuns.connectionId, isRunning], {
      id: syncRuns.id, connectionId: syncRuns.connectionId, status: syncRuns.status, startedAt: syncRuns.startedAt, errorMessage: syncRuns.errorMessage,
    })
    .from(syncRuns)
    .where(eq(syncRuns.tenantId, tenantId))
    .orderBy(syncRuns.connectionId, isRunning, desc(syncRuns.startedAt));
}

async function openErrors(tx: Tx, tenantId: string): Promise<Map<string, number>> {
  const rows = await tx
    .select({ connectionId: recordErrors.connectionId, count: sql<number>`count(*)::int` })
    .from(recordErrors)
    .where(and(eq(recordErrors.tenantId, tenantId), isNull(recordErrors.resolvedAt)))
    .groupBy(recordErrors.connectionId);
  return new Map(rows.map((row) => [row.connectionId, row.count]));
}

async function progressOf(tx: Tx, tenantId: string, runIds: string[]): Promise<Map<string, { stream: string | null; fetched: number }>> {
  if (runIds.length === 0) return new Map();
  const rows = await tx
    .select({
      runId: syncRunStreams.runId,
      stream: sql<string | null>`max(${syncRunStreams.stream}) filter (where ${syncRunStreams.status} = 'running')`,
      fetched: sql<number>`coalesce(sum(${syncRunStreams.fetched}), 0)::int`,
    })
    .from(syncRunStreams)
    .where(and(eq(syncRunStreams.tenantId, tenantId), inArray(syncRunStreams.runId, runIds)))
    .groupBy(syncRunStreams.runId);
  return new Map(rows.map(({ runId, ...progress }) => [runId, progress]));
}
