import { sql } from 'drizzle-orm';
import { globalDb } from '../db/database.ts';

/** waiting: ready to run. scheduled: to run later. active: being run. failed: given up. */
export const queueStates = ['waiting', 'scheduled', 'active', 'failed'] as const;
type QueueState = (typeof queueStates)[number];

export interface QueueDepth {
  [column: string]: unknown;
  queue: string;
  state: QueueState;
  count: number;
}

/** Counts the jobs of each queue by state. Queues and states without jobs are left out. */
export async function readQueueDepths(): Promise<QueueDepth[]> {
  const { rows } = await globalDb().execute<QueueDepth>(sql`
    select queue, state, count(*)::int as count from (
      select name as queue,
        case when state in ('active', 'failed') then state::text
          when start_after <= now() then 'waiting'
          else 'scheduled' end as state
      from pgboss.job where state in ('created', 'retry', 'active', 'failed')) as jobs
    group by queue, state order by queue, state`);
  return rows;
}
