import { sql } from 'drizzle-orm';
import { fromDrizzle, type PgBoss } from 'pg-boss';
import { jobs, type JobName, type JobPayload } from './jobs.ts';
import { config } from '../platform/config.ts';
import type { Tx } from '../platform/db/pool.ts';
import { openQueue } from '../platform/queue/queue.ts';

let openedSender: Promise<PgBoss> | undefined;

/** The queue client of this process for sending, opened on first use. */
function getSender(): Promise<PgBoss> {
  openedSender ??= openSender().catch((error: unknown) => {
    openedSender = undefined;
    throw error;
  });
  return openedSender;
}

async function openSender(): Promise<PgBoss> {
  const boss = openQueue({
    url: config().DATABASE_URL,
    size: 2,
    supervise: false,
  });
  await boss.start();
  return boss;
}

export interface EnqueueOptions {
  /** At most one job with this key waits or runs; another one is dropped. */
  key: string;
  startAfter?: Date;
  /** Higher priorities run first. Default 0. */
  priority?: number;
  /** The job is queued only if this transaction commits. */
  tx?: Tx;
}

/** Queues a job. Returns false when one with the same key is already waiting or running. */
export async function enqueue<Name extends JobName>(
  name: Name,
  payload: JobPayload<Name>,
  { key, tx, ...options }: EnqueueOptions,
): Promise<boolean> {
  const checked = jobs[name].parse(payload);
  const boss = await getSender();
  // The jobs of one tenant form a group, for which the number of concurrent jobs is limited.
  const id = await boss.send(name, checked, {
    singletonKey: key,
    group: { id: checked.tenantId },
    ...options,
    ...(tx !== undefined && { db: fromDrizzle(tx, sql) }),
  });
  return id !== null;
}

/** A job to be queued together with others. */
export interface BatchedJob<Name extends JobName> extends Omit<EnqueueOptions, 'tx'> {
  payload: JobPayload<Name>;
}

/**
 * Queues jobs with one statement. Returns how many were queued: those with a key that is already
 * waiting or running are dropped.
 */
export async function enqueueAll<Name extends JobName>(
  name: Name,
  batch: readonly BatchedJob<Name>[],
): Promise<number> {
  if (batch.length === 0) return 0;
  const boss = await getSender();
  const rows = batch.map(({ payload, key, ...options }) => {
    const data = jobs[name].parse(payload);
    return { data, singletonKey: key, group: { id: data.tenantId }, ...options };
  });
  const ids = await boss.insert(name, rows, { returnId: true });
  return ids?.length ?? 0;
}

export async function closeQueue(): Promise<void> {
  const boss = await openedSender;
  openedSender = undefined;
  await boss?.stop({ graceful: false });
}
