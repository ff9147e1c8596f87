import { and, eq, not, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { newId } from '../platform/id.ts';
import { patiently } from '../platform/db/retry.ts';
import { connections } from '../connections/schema.ts';
import { readTenant, withTenant } from '../tenancy/with-tenant.ts';
import { syncRuns, syncRunStreams } from './schema.ts';
import { FencedError, type Failure } from './policy.ts';
import { nextDue } from './schedule.ts';
import type { Source, Stream, StreamReport, StreamStatus, SyncRequest } from './types.ts';

/** A run that has not written for this long has lost its worker. */
const silentSeconds = 60;
/** How often a run says that it is alive while it waits for the provider. */
export const heartbeatMs = 10_000;

/** Creates the run as running. A run under way is a conflict; one whose worker fell silent is closed and taken over. */
export function beginRun(request: SyncRequest): Promise<{ runId: string; startedAt: Date }> {
  return withTenant(request.tenantId, async (tx) => {
    await lockConnection(tx, request);
    await closeSilentRun(tx, request);
    const [running] = await tx.select({ id: syncRuns.id }).from(syncRuns).where(runningOf(request));
    if (running !== undefined) throw new Problem('conflict', 'A sync of this connection is already under way. Wait until it has ended.', { runId: running.id });
    const values = {
      tenantId: request.tenantId, id: newId(), connectionId: request.connectionId,
      trigger: request.trigger, requestedBy: request.requestedBy ?? null, startedAt: new Date(),
    };
    await tx.insert(syncRuns).values(values);
    return { runId: values.id, startedAt: values.startedAt };
  });
}

async function lockConnection(tx: Tx, { tenantId, connectionId }: SyncRequest): Promise<void> {
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const rows = await tx.select({ id: connections.id }).from(connections).where(own).for('update');
  if (rows.length === 0) throw new Problem('not_found', 'There is no such connection in this workspace.');
}

/** The condition that the worker of a run has not been heard of for too long. */
const silent = sql`${syncRuns.heartbeatAt} < now() - make_interval(secs => ${silentSeconds})`;

/** Whether a sync of the tenant is under way, by a worker that is alive. */
export async function isSyncing(tenantId: string): Promise<boolean> {
  const alive = and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.status, 'running'), not(silent));
  const rows = await readTenant(tenantId, (tx) => tx.select({ id: syncRuns.id }).from(syncRuns).where(alive).limit(1));
  return rows.length > 0;
}

async function closeSilentRun(tx: Tx, request: SyncRequest): Promise<void> {
  const message = 'The worker that ran this sync stopped. The next run went on from its last page.';
  const closed = await tx
    .update(syncRuns)
    .set({ status: 'failed', finishedAt: sql`now()`, errorKind: 'worker_lost', errorMessage: message })
    .where(and(runningOf(request), silent))
    .returning({ id: syncRuns.id });
  for (const { id } of closed) {
    await tx
      .update(syncRunStreams)
      .set({ status: 'failed', finishedAt: sql`now()`, errorKind: 'worker_lost', errorMessage: message })
      .where(and(eq(syncRunStreams.tenantId, request.tenantId), eq(syncRunStreams.runId, id), eq(syncRunStreams.status, 'running')));
  }
}

function runningOf({ tenantId, connectionId }: SyncRequest) {
  return and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.connectionId, connectionId), eq(syncRuns.status, 'running'));
}

/** Says that the run is alive. Throws FencedError when it is not ours any more. */
export async function beat(tenantId: string, runId: string): Promise<void> {
  const rows = await withTenant(tenantId, (tx) =>
    tx.update(syncRuns).set({ heartbeatAt: sql`now()` }).where(stillOurs(tenantId, runId)).returning({ id: syncRuns.id }),
  );
  if (rows.length === 0) throw new FencedError();
}

function stillOurs(tenantId: string, runId: string) {
  return and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.id, runId), eq(syncRuns.status, 'running'));
}

/** Opens the books of one stream in a run. */
export async function openStreamBooks(tx: Tx, tenantId: string, runId: string, stream: string, passId: string): Promise<void> {
  await tx.insert(syncRunStreams).values({ tenantId, runId, stream, passId });
}

/** Closes the books of one stream; the figures were written with each page. */
export async function closeStreamBooks(tx: Tx, run: Pick<Source, 'tenantId' | 'runId'>, stream: Pick<Stream, 'name' | 'label'>, status: StreamStatus, problem?: Pick<Failure, 'kind' | 'message'>): Promise<StreamReport> {
  const [closed] = await tx
    .update(syncRunStreams)
    .set({ status, finishedAt: sql`now()`, errorKind: problem?.kind ?? null, errorMessage: problem?.message ?? null })
    .where(and(eq(syncRunStreams.tenantId, run.tenantId), eq(syncRunStreams.runId, run.runId), eq(syncRunStreams.stream, stream.name)))
    .returning(booksColumns);
  if (closed === undefined) throw new FencedError();
  return { stream: stream.name, label: stream.label, status, errorMessage: problem?.message ?? null, ...closed };
}

const booksColumns = {
  pages: syncRunStreams.pages, fetched: syncRunStreams.fetched, inserted: syncRunStreams.inserted, changed: syncRunStreams.changed,
  unchanged: syncRunStreams.unchanged, rejected: syncRunStreams.rejected, deleted: syncRunStreams.deleted,
};

export interface RunEnd {
  status: StreamStatus;
  finishedAt: Date;
  recordsUpdated: number;
  errorMessage: string | null;
}

/** Ends a run with what its streams came to. Outlasts a database restart. */
export function finishRun({ tenantId, connectionId }: SyncRequest, runId: string, streams: StreamReport[], failure: Failure | undefined): Promise<RunEnd> {
  const end: RunEnd = { status: statusOf(streams, failure), finishedAt: new Date(), recordsUpdated: sum(streams), errorMessage: messageOf(streams, failure) };
  return patiently(() =>
    withTenant(tenantId, async (tx) => {
      await tx.update(syncRuns).set({ ...end, errorKind: failure?.kind ?? null }).where(stillOurs(tenantId, runId));
      const dueAt = failure?.kind === 'stopped' ? end.finishedAt : nextDue(connectionId, end.finishedAt);
      await tx.update(connections).set({ dueAt }).where(and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId)));
      return end;
    }),
  );
}

function statusOf(streams: StreamReport[], failure: Failure | undefined): StreamStatus {
  if (failure === undefined && streams.every((stream) => stream.status === 'success')) return 'success';
  return streams.every((stream) => stream.status === 'failed') ? 'failed' : 'partial';
}

function sum(streams: StreamReport[]): number {
  return streams.reduce((total, { inserted, changed, deleted }) => total + inserted + changed + deleted, 0);
}

function messageOf(streams: StreamReport[], failure: Failure | undefined): string | null {
  const messages = streams.flatMap(({ label, errorMessage }) => (errorMessage === null ? [] : `${label}: ${errorMessage}`));
  if (messages.length === 0 && failure !== undefined) messages.push(failure.message);
  return messages.length === 0 ? null : messages.join('\n');
}
