import { and, eq } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { FencedError } from '../platform/lease.ts';
import { streamStates, syncRuns } from '../schema/sync.ts';
import type { StreamKey } from './stream-key.ts';
import type { Pass, Source, Stream } from './types.ts';

export type StreamState = typeof streamStates.$inferSelect;

/** Locks the state of a stream, and creates it if there is none yet. */
export async function lockOrCreateState(
  tx: Tx,
  source: Source,
  stream: Stream,
): Promise<StreamState> {
  const key = { tenantId: source.tenantId, connectionId: source.connectionId, stream: stream.name };
  await tx.insert(streamStates).values(key).onConflictDoNothing();
  const [state] = await tx
    .select()
    .from(streamStates)
    .where(whereStreamState(source, stream))
    .for('update');
  if (state === undefined) throw new FencedError();
  return state;
}

/** Locks a stream's state, if it has one: whoever else writes the stream's rows takes turns. */
export async function lockStream(tx: Tx, { stream, ...connection }: StreamKey): Promise<void> {
  await tx
    .select({ version: streamStates.version })
    .from(streamStates)
    .where(whereStreamState(connection, { name: stream }))
    .for('update');
}

/**
 * Locks the stream's state and the run. 'done' means that the pages of this transaction are stored
 * already: their commit went through although the database reported that it failed. Throws
 * FencedError when another worker has the run.
 */
export async function lockStreamState(
  tx: Tx,
  source: Source,
  stream: Pick<Stream, 'name'>,
  pass: Pass,
): Promise<'ours' | 'done'> {
  const leasedRun = and(
    eq(syncRuns.tenantId, streamStates.tenantId),
    eq(syncRuns.id, source.runId),
    eq(syncRuns.status, 'running'),
    eq(syncRuns.lease, source.lease),
  );
  const [state] = await tx
    .select({ version: streamStates.version, passId: streamStates.passId })
    .from(streamStates)
    .innerJoin(syncRuns, leasedRun)
    .where(whereStreamState(source, stream))
    .for('update');
  if (state === undefined || state.passId !== pass.id) throw new FencedError();
  if (state.version === pass.version) return 'ours';
  if (state.version === pass.version + 1) return 'done';
  throw new FencedError();
}

export function whereStreamState(
  source: Pick<Source, 'tenantId' | 'connectionId'>,
  stream: Pick<Stream, 'name'>,
) {
  return and(
    eq(streamStates.tenantId, source.tenantId),
    eq(streamStates.connectionId, source.connectionId),
    eq(streamStates.stream, stream.name),
  );
}
