import type { QueueDepth } from '../../platform/queue/depth.ts';

/** From when on trouble is told of. Pure, so that the edges can be tried one by one. */

/** Share of the runs of an hour that may fail, and how few runs say nothing. */
const failureShare = 0.1;
const minRuns = 10;

export const isFailureRateHigh = ({
  finished,
  failed,
}: {
  finished: number;
  failed: number;
}): boolean => finished >= minRuns && failed / finished > failureShare;

const maxPending = 100;

/**
 * Jobs that could run now and do not. Those for later are no backlog: each hour's syncs are queued
 * ahead.
 */
export const countWaitingJobs = (queues: readonly QueueDepth[]): number =>
  queues.filter(({ state }) => state === 'waiting').reduce((sum, { count }) => sum + count, 0);
export const isBacklog = (pending: number): boolean => pending > maxPending;

/**
 * One job given up is one too many; of records some are always odd, and each is on a list that
 * somebody looks at.
 */
const newDeadLetters = 1;
const newRecordErrors = 10;

export const areDeadLettersGrowing = (grown: {
  newDeadLetters: number;
  newRecordErrors: number;
}): boolean => grown.newDeadLetters >= newDeadLetters || grown.newRecordErrors >= newRecordErrors;

const overdueMs = 10 * 60_000;

export const isOverdue = (dueAt: Date, now: Date): boolean =>
  now.getTime() - dueAt.getTime() > overdueMs;
