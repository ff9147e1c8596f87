import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { patiently } from '../platform/db/retry.ts';
import { newId } from '../platform/id.ts';
import type { Cursor } from '../providers/types.ts';
import { withTenant } from '../tenancy/with-tenant.ts';
import { deleteAbsent } from './absent.ts';
import { FencedError, type Failure } from './policy.ts';
import { closeStreamBooks, openStreamBooks } from './runs.ts';
import { streamStates, syncRuns } from './schema.ts';
import { hasSetAside } from './set-aside.ts';
import { emptyBooks, type Pass, type Source, type Stream, type StreamReport } from './types.ts';

/** A pass that stood still for longer starts over: the list has moved on too far to continue in it. */
const resumableMinutes = 15;

type State = typeof streamStates.$inferSelect;

/** Goes on with the unfinished pass of a stream, or begins one. */
export function beginPass(source: Source, stream: Stream): Promise<Pass> {
  return withTenant(source.tenantId, async (tx) => {
    const state = await lockState(tx, source, stream);
    const pass = isResumable(state) ? resumed(state) : fresh(state);
    await tx
      .update(streamStates)
      .set({ passId: pass.id, passStartedAt: pass.startedAt, passPages: pass.pages, cursor: pass.cursor, version: pass.version, touchedAt: sql`now()` })
      .where(ofState(source, stream));
    await openStreamBooks(tx, source.tenantId, source.runId, stream.name, pass.id);
    pass.hasErrors = await hasSetAside(tx, { tenantId: source.tenantId, connectionId: source.connectionId, stream: stream.name });
    return pass;
  });
}

async function lockState(tx: Tx, source: Source, stream: Stream): Promise<State> {
  const key = { tenantId: source.tenantId, connectionId: source.connectionId, stream: stream.name };
  await tx.insert(streamStates).values(key).onConflictDoNothing();
  const [state] = await tx.select().from(streamStates).where(ofState(source, stream)).for('update');
  if (state === undefined) throw new FencedError();
  return state;
}

function isResumable({ passId, passStartedAt, cursor, touchedAt }: State): boolean {
  if (passId === null || passStartedAt === null || cursor === null || touchedAt === null) return false;
  return Date.now() - touchedAt.getTime() < resumableMinutes * 60_000;
}

function resumed(state: State): Pass {
  return { ...fresh(state), id: state.passId ?? newId(), startedAt: state.passStartedAt ?? new Date(), cursor: state.cursor as Cursor, pages: state.passPages };
}

function fresh(state: State): Pass {
  return {
    id: newId(), startedAt: new Date(), cursor: null, highWater: state.highWater as Cursor,
    pages: 0, version: state.version + 1, hasErrors: false, books: emptyBooks(),
  };
}

/** The pass is complete: what it did not list is gone, and the stream is fresh as of its beginning. */
export function finishPass(source: Source, stream: Stream, pass: Pass): Promise<StreamReport> {
  return patiently(() =>
    withTenant(source.tenantId, async (tx) => {
      const done = (await holdState(tx, source, stream, pass)) === 'done';
      const { deleted, heldBack } = done ? { deleted: 0, heldBack: 0 } : await deleteAbsent(tx, source, stream, pass);
      if (!done) await closePass(tx, source, stream, pass, heldBack);
      await addDeleted(tx, source, stream, deleted);
      const message = messageOf(pass.books.rejected, heldBack);
      if (message === null) return closeStreamBooks(tx, source, stream, 'success');
      return closeStreamBooks(tx, source, stream, 'partial', { kind: 'incomplete', message });
    }),
  );
}

async function closePass(tx: Tx, source: Source, stream: Stream, pass: Pass, heldBack: number): Promise<void> {
  const held = heldBack > 0 ? { deletionHeldAt: new Date(), deletionHeldCount: heldBack } : { deletionHeldAt: null, deletionHeldCount: null };
  await tx
    .update(streamStates)
    .set({ cursor: null, passPages: 0, freshAt: pass.startedAt, highWater: pass.highWater, version: pass.version + 1, touchedAt: sql`now()`, ...held })
    .where(ofState(source, stream));
}

async function addDeleted(tx: Tx, source: Source, stream: Stream, deleted: number): Promise<void> {
  if (deleted === 0) return;
  await tx.execute(sql`update sync_run_streams set deleted = deleted + ${deleted}
    where tenant_id = ${source.tenantId} and run_id = ${source.runId} and stream = ${stream.name}`);
}

function messageOf(rejected: number, heldBack: number): string | null {
  const parts = [];
  if (rejected > 0) parts.push(`${rejected} ${rejected === 1 ? 'record was' : 'records were'} set aside because they could not be read.`);
  if (heldBack > 0) parts.push(`${heldBack} records were missing from the source's list; that is so much that nothing was deleted until a person confirms it.`);
  return parts.length === 0 ? null : parts.join(' ');
}

/** The stream failed; its stored pages stay, and the next run goes on after them unless the cursor is to blame. */
export function failPass(source: Source, stream: Stream, pass: Pass, failure: Failure): Promise<StreamReport> {
  return patiently(() =>
    withTenant(source.tenantId, async (tx) => {
      await holdState(tx, source, stream, pass);
      const restart = failure.resetsCursor ? { cursor: null } : {};
      await tx.update(streamStates).set({ version: pass.version + 1, ...restart }).where(ofState(source, stream));
      return closeStreamBooks(tx, source, stream, 'failed', failure);
    }),
  );
}

/** Locks the stream's state and the run, and makes sure that both are still ours. */
export async function holdState(tx: Tx, source: Source, stream: Stream, pass: Pass): Promise<'ours' | 'done'> {
  const rows = await tx
    .select({ version: streamStates.version, passId: streamStates.passId })
    .from(streamStates)
    .innerJoin(syncRuns, and(eq(syncRuns.tenantId, streamStates.tenantId), eq(syncRuns.id, source.runId), eq(syncRuns.status, 'running')))
    .where(ofState(source, stream))
    .for('update');
  const [state] = rows;
  if (state === undefined || state.passId !== pass.id) throw new FencedError();
  if (state.version === pass.version) return 'ours';
  // The commit went through although we were told that it failed.
  if (state.version === pass.version + 1) return 'done';
  throw new FencedError();
}

export function ofState(source: Pick<Source, 'tenantId' | 'connectionId'>, stream: Pick<Stream, 'name'>) {
  return and(eq(streamStates.tenantId, source.tenantId), eq(streamStates.connectionId, source.connectionId), eq(streamStates.stream, stream.name));
}
