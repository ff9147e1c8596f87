import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import type { Page } from '../connectors/contract/source.ts';
import { FencedError } from '../platform/lease.ts';
import { type Failure } from './failures.ts';
import { syncRunStreams } from '../schema/sync.ts';
import type { StreamCounters, Pass, Source, Stream, StreamReport, StreamStatus } from './types.ts';

type RunKey = Pick<Source, 'tenantId' | 'runId' | 'connectionId'>;

/** Opens the counters of one stream in a run, or reopens those of an earlier slice. */
export async function openStreamCounters(
  tx: Tx,
  source: RunKey,
  stream: Pick<Stream, 'name'>,
  pass: { id: string; mode: Pass['span']['mode'] | 'replay' },
): Promise<void> {
  const { tenantId, runId, connectionId } = source;
  await tx
    .insert(syncRunStreams)
    .values({
      tenantId,
      runId,
      connectionId,
      stream: stream.name,
      passId: pass.id,
      mode: pass.mode,
    })
    .onConflictDoUpdate({
      target: [syncRunStreams.tenantId, syncRunStreams.runId, syncRunStreams.stream],
      set: { passId: pass.id, mode: pass.mode },
    });
}

type FailureSummary = Pick<Failure, 'kind' | 'message'>;

/** Closes the counters of one stream; their figures were written with each page. */
export async function closeStreamCounters(
  tx: Tx,
  source: RunKey,
  stream: Pick<Stream, 'name' | 'label'>,
  status: StreamStatus,
  failure?: FailureSummary,
): Promise<StreamReport> {
  const [closed] = await tx
    .update(syncRunStreams)
    .set({
      status,
      finishedAt: sql`now()`,
      errorKind: failure?.kind ?? null,
      errorMessage: failure?.message ?? null,
    })
    .where(and(whereRun(source), eq(syncRunStreams.stream, stream.name)))
    .returning(counterColumns);
  if (closed === undefined) throw new FencedError();
  return {
    stream: stream.name,
    label: stream.label,
    status,
    errorMessage: failure?.message ?? null,
    ...closed,
  };
}

/** The reports of the streams that earlier slices of the run have finished. */
export async function readFinishedStreams(
  tx: Tx,
  source: RunKey & Pick<Source, 'streams'>,
): Promise<StreamReport[]> {
  const rows = await tx
    .select({
      stream: syncRunStreams.stream,
      status: syncRunStreams.status,
      errorMessage: syncRunStreams.errorMessage,
      ...counterColumns,
    })
    .from(syncRunStreams)
    .where(whereRun(source));
  const label = (name: string) =>
    source.streams.find((stream) => stream.name === name)?.label ?? name;
  return rows.flatMap(({ status, ...row }) =>
    status === 'running' ? [] : [{ ...row, status, label: label(row.stream) }],
  );
}

/**
 * Adds pages to the counters of their stream, and moves the stream's cursor past the last of them.
 */
export async function commitPages(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
  { cursor }: Pick<Page, 'cursor'>,
  counters: StreamCounters,
  missed: number,
): Promise<void> {
  await tx.execute(sql`
    with state as (
      update stream_states set
        cursor = ${JSON.stringify(cursor)}::jsonb, pass_pages = pass_pages + ${counters.pages},
        version = version + 1, touched_at = now(),
        high_water = case when ${stream.changes?.by === 'time'}
          then ${JSON.stringify(pass.highWater)}::jsonb else high_water end
      where tenant_id = ${source.tenantId} and connection_id = ${source.connectionId}
        and stream = ${stream.name} and version = ${pass.version}
    )
    update sync_run_streams set
      pages = pages + ${counters.pages}, fetched = fetched + ${counters.fetched},
      inserted = inserted + ${counters.inserted}, changed = changed + ${counters.changed},
      unchanged = unchanged + ${counters.unchanged}, rejected = rejected + ${counters.rejected},
      deleted = deleted + ${counters.deleted}, missed = missed + ${missed}
    where tenant_id = ${source.tenantId} and run_id = ${source.runId} and stream = ${stream.name}`);
}

/** Closes the counters that a run which ends early has left open. */
export async function closeOpenCounters(
  tx: Tx,
  tenantId: string,
  runId: string,
  end: object,
): Promise<void> {
  await tx
    .update(syncRunStreams)
    .set(end)
    .where(
      and(
        eq(syncRunStreams.tenantId, tenantId),
        eq(syncRunStreams.runId, runId),
        eq(syncRunStreams.status, 'running'),
      ),
    );
}

const whereRun = ({ tenantId, runId }: RunKey) =>
  and(eq(syncRunStreams.tenantId, tenantId), eq(syncRunStreams.runId, runId));

const counterColumns = {
  pages: syncRunStreams.pages,
  fetched: syncRunStreams.fetched,
  inserted: syncRunStreams.inserted,
  changed: syncRunStreams.changed,
  unchanged: syncRunStreams.unchanged,
  rejected: syncRunStreams.rejected,
  deleted: syncRunStreams.deleted,
};
