import { PgBoss } from 'pg-boss';
import type pg from 'pg';
import { appRole, sessionOptions } from '../db/pool.ts';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';

const schema = 'pgboss';

/**
 * The queue of copies of the jobs that failed on every attempt. A separate consumer records them.
 */
export const deadLetterQueue = 'dead-letters';

export interface QueueOptions {
  url: string;
  size?: number;
  /** Whether it takes care of expired jobs and retries; only workers do. */
  supervise: boolean;
}

/** Opens a queue client as the app role. It creates nothing; `installQueue` does that. */
export function openQueue(options: QueueOptions): PgBoss {
  const boss = new PgBoss({
    connectionString: options.url,
    options: sessionOptions(appRole),
    schema,
    max: options.size ?? 4,
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: options.supervise,
    // How often expired heartbeats are looked for, after which the job of a killed worker goes to
    // another.
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    // Both need the owner of the tables, which web and worker are not.
    reindex: false,
    monitorVacuum: false,
  });
  boss.on('error', reportError);
  return boss;
}

/**
 * pg-boss 12.35 ends the messages of its consumers with their queue and a random id (manager.js).
 * They are cut off, because the log would otherwise take the same outage for one error of each
 * consumer.
 */
function reportError(error: unknown): void {
  const reason = safeReason(error).replace(/ \(Queue: [^()]*, Worker: [^()]*\)$/, '');
  log.warn({ event: 'queue.error', reason }, 'The queue reported an error');
}

/** Creates or upgrades the queue's tables and queues as owner, and lets the app role use them. */
export async function installQueue(
  ownerUrl: string,
  client: pg.Client,
  queues: readonly string[],
): Promise<void> {
  const boss = new PgBoss({
    connectionString: ownerUrl,
    schema,
    schedule: false,
    supervise: false,
    max: 2,
  });
  boss.on('error', () => {});
  await boss.start();
  try {
    await createQueue(boss, deadLetterQueue, { policy: 'standard' });
    for (const queue of queues)
      await createQueue(boss, queue, { policy: 'exclusive', deadLetter: deadLetterQueue });
  } finally {
    await boss.stop({ graceful: false });
  }
  await client.query(`
    grant usage on schema ${schema} to ${appRole};
    grant select, insert, update, delete on all tables in schema ${schema} to ${appRole};
    grant usage, select on all sequences in schema ${schema} to ${appRole};
    grant execute on all functions in schema ${schema} to ${appRole};
  `);
}

async function createQueue(
  boss: PgBoss,
  name: string,
  { policy, ...own }: { policy: 'standard' | 'exclusive'; deadLetter?: string },
): Promise<void> {
  const changeable = {
    ...own,
    retryLimit: 3,
    retryDelay: 5,
    retryBackoff: true,
    // A worker that sends no heartbeat for this long loses its job.
    heartbeatSeconds: 30,
    expireInSeconds: 3600,
    retentionSeconds: 7 * 24 * 3600,
    deleteAfterSeconds: 24 * 3600,
  };
  if (await boss.getQueue(name)) await boss.updateQueue(name, changeable);
  else await boss.createQueue(name, { policy, ...changeable });
}
