import type { QueueDepth } from '../../platform/queue/depth.ts';

/** The thresholds of the alert rules. Pure, so tests can check their edges. */

/** The share of an hour's runs that may fail, and the least number of runs that the rule needs. */
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
 * Counts jobs that could run now and do not. Scheduled jobs are no backlog: each hour's syncs are
 * queued ahead.
 */
export const countWaitingJobs = (queues: readonly QueueDepth[]): number =>
  queues.filter(({ state }) => state === 'waiting').reduce((sum, { count }) => sum + count, 0);
export const isBacklog = (pending: number): boolean => pending > maxPending;

/**
 * A single failed job is too many. Some records always fail, and each is on a list that people
 * check, so more are needed.
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
