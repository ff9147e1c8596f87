import cron, { type ScheduledTask } from 'node-cron';
import { pruneAudit } from '#lib/identity/audit/prune.ts';
import { pruneAuth } from '#lib/identity/auth/prune.ts';
import { enqueueRefreshes } from '#lib/connections/oauth/token-refresh.ts';
import { enqueueScans } from '#lib/scoring/schedule.ts';
import { config } from '../src/lib/platform/config.ts';
import { log } from '../src/lib/platform/log.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import { enqueueSubscriptions } from '#lib/webhooks/inbound/due-subscriptions.ts';

/**
 * Starts the hourly tick and ticks once at once, to catch up on what became due while no worker
 * ran.
 */
export async function startSchedule(): Promise<ScheduledTask> {
  const task = cron.schedule(config().SYNC_CRON, tick, { timezone: 'UTC', noOverlap: true });
  await tick();
  return task;
}

/**
 * Queues what is due and deletes expired sign-in data; the consumers do the work. The next tick
 * makes up for one that failed.
 */
async function tick(): Promise<void> {
  try {
    const count =
      (await enqueueDueSyncs()) +
      (await enqueueRefreshes()) +
      (await enqueueScans()) +
      (await enqueueSubscriptions());
    log.info({ event: 'schedule.tick', count }, 'Queued what is due');
    await pruneAuth(new Date());
    await pruneAudit(config().AUDIT_RETENTION_DAYS);
  } catch (error) {
    log.error({ event: 'schedule.tick_failed', reason: safeReason(error) }, 'The tick failed');
  }
}
