import { PgBoss } from 'pg-boss';
import type pg from 'pg';
import { appRole, sessionOptions } from '../db/pool.ts';

const schema = 'pgboss';

/**
 * Where the queue puts a copy of each job that it has given up; a consumer of its own takes them
 * from there.
 */
export const deadLetterQueue = 'dead-letters';

export interface QueueOptions {
  url: string;
  size?: number;
  /** Looks after expired jobs and retries; only workers do. */
  supervise: boolean;
  onError: (error: Error) => void;
}

/** A queue client as the app role. It creates nothing: `installQueue` did. */
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
    // How soon the job of a worker that was killed is given to another one, after its heartbeat ran
    // out.
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    // Both need the owner of the tables, which web and worker are not.
    reindex: false,
    monitorVacuum: false,
  });
  boss.on('error', options.onError);
  return boss;
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
    // A worker that goes silent for this long has lost its job.
    heartbeatSeconds: 30,
    expireInSeconds: 3600,
    retentionSeconds: 7 * 24 * 3600,
    deleteAfterSeconds: 24 * 3600,
  };
  if (await boss.getQueue(name)) await boss.updateQueue(name, changeable);
  else await boss.createQueue(name, { policy, ...changeable });
}
