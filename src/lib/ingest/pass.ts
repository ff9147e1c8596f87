import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { newId } from '../platform/id.ts';
import type { Cursor } from '../connectors/contract/source.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { readFinishedStreams, closeStreamCounters, openStreamCounters } from './counters.ts';
import { completePass } from './complete-pass.ts';
import { parseIntervals } from './intervals.ts';
import { assertLease } from './lease.ts';
import { loadCorrections } from './rejections/corrections.ts';
import { FencedError } from '../platform/lease.ts';
import { type Failure } from './failures.ts';
import { streamStates } from '../schema/sync.ts';
import { hasOpenRejections } from './rejections/open.ts';
import { chooseSpan } from './span.ts';
import { keepAll, loadRetentionRule } from './suppression/retention-rule.ts';
import { loadSuppression, noSuppression } from './suppression/suppression.ts';
import { lockStreamState, lockOrCreateState, whereStreamState, type StreamState } from './state.ts';
import { createCounters, type Pass, type Source, type Stream, type StreamReport } from './types.ts';

/**
 * A pass that has stored nothing for this long starts over, because the list has changed too much
 * to continue in it. A pass that the source told to wait continues all the same.
 */
const resumableMinutes = 15;

/** Resumes the unfinished pass of a stream, or begins a new one. */
export function beginPass(source: Source, stream: Stream): Promise<Pass> {
  return retryInTenant(source.tenantId, async (tx) => {
    await assertLease(tx, source.tenantId, source);
    const state = await lockOrCreateState(tx, source, stream);
    const pass = resumePass(stream, state) ?? createPass(stream, state, new Date());
    const {
      id: passId,
      startedAt: passStartedAt,
      pages: passPages,
      cursor,
      version,
      hasGap: passHasGap,
    } = pass;
    await tx
      .update(streamStates)
      .set({
        passId,
        passStartedAt,
        passPages,
        cursor,
        version,
        passHasGap,
        passMode: pass.span.mode,
        pausedUntil: null,
        touchedAt: sql`now()`,
      })
      .where(whereStreamState(source, stream));
    await openStreamCounters(tx, source, stream, { id: pass.id, mode: pass.span.mode });
    const { tenantId, connectionId } = source;
    pass.hasErrors = await hasOpenRejections(tx, { tenantId, connectionId, stream: stream.name });
    pass.corrections = await loadCorrections(tx, tenantId, connectionId, stream.name);
    pass.suppression = await loadSuppression(tx, tenantId);
    pass.retention = await loadRetentionRule(tx, tenantId);
    return pass;
  });
}

function resumePass(stream: Stream, state: StreamState): Pass | undefined {
  const { passId, passStartedAt, cursor, touchedAt, pausedUntil, passMode, passPages } = state;
  if (passId === null || passStartedAt === null || cursor === null || touchedAt === null)
    return undefined;
  const isOld = Date.now() - touchedAt.getTime() >= resumableMinutes * 60_000;
  if (isOld && pausedUntil === null) return undefined;
  // As of its beginning, so that a resumed pass keeps reading the same span.
  const begun = createPass(stream, state, passStartedAt);
  if (begun.span.mode !== passMode) return undefined;
  return {
    ...begun,
    id: passId,
    cursor: cursor as Cursor,
    newest: parseNewest(state.highWater),
    pages: passPages,
    hasGap: state.passHasGap || isOld,
  };
}

function createPass(stream: Stream, state: StreamState, startedAt: Date): Pass {
  const intervals = parseIntervals(state.intervals);
  const { fullAt, lookbackSeconds } = state;
  const highWater = state.highWater as Cursor;
  return {
    id: newId(),
    startedAt,
    span: chooseSpan(
      stream.changes,
      { fullAt, intervals, token: highWater, lookbackSeconds },
      startedAt,
    ),
    cursor: null,
    highWater,
    intervals,
    newest: undefined,
    hasGap: false,
    expected: null,
    pages: 0,
    version: state.version + 1,
    hasErrors: false,
    corrections: new Map(),
    suppression: noSuppression,
    retention: keepAll,
    counters: createCounters(),
  };
}

/**
 * The newest time of change that a pass by time has met (source time, ms). While such a pass is
 * under way, its high-water mark holds this time.
 */
function parseNewest(highWater: unknown): number | undefined {
  const parsed = z.object({ newest: z.number() }).safeParse(highWater);
  return parsed.success ? parsed.data.newest : undefined;
}

/**
 * Completes the pass and closes the counters of its stream. Items that it did not list are deleted,
 * and the stream is fresh as of the beginning of the pass.
 */
export function finishPass(source: Source, stream: Stream, pass: Pass): Promise<StreamReport> {
  return retryInTenant(source.tenantId, async (tx) => {
    if ((await lockStreamState(tx, source, stream, pass)) === 'done') {
      const report = (await readFinishedStreams(tx, source)).find(
        (closed) => closed.stream === stream.name,
      );
      if (report === undefined) throw new FencedError();
      return report;
    }
    const problem = await completePass(tx, source, stream, pass);
    return problem === null
      ? closeStreamCounters(tx, source, stream, 'success')
      : closeStreamCounters(tx, source, stream, 'partial', {
          kind: 'incomplete',
          message: problem,
        });
  });
}

/**
 * Closes the counters of a stream that failed. Its stored pages stay, and the next run continues
 * after them unless the cursor is to blame.
 */
export function failPass(
  source: Source,
  stream: Stream,
  pass: Pass,
  failure: Failure,
): Promise<StreamReport> {
  return retryInTenant(source.tenantId, async (tx) => {
    await lockStreamState(tx, source, stream, pass);
    const restart = failure.resetsCursor ? { cursor: null } : {};
    // When the source no longer knows the cursor, what is known of changes is not reliable
    // either, so the next pass is a full one.
    const forget = failure.kind === 'cursor_invalid' ? { highWater: null, fullAt: null } : {};
    await tx
      .update(streamStates)
      .set({
        version: pass.version + 1,
        pausedUntil: failure.until ?? null,
        ...restart,
        ...forget,
      })
      .where(whereStreamState(source, stream));
    return closeStreamCounters(tx, source, stream, 'failed', failure);
  });
}
