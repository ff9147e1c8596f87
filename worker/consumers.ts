import type { Job, JobWithMetadata, PgBoss } from 'pg-boss';
import { actOnBehalfOf } from '#lib/identity/audit/behalf.ts';
import { recordGivenUpJob } from '#lib/jobs/failed/record-given-up.ts';
import { jobNames, jobs, type JobName, type JobOutcome, type JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../src/lib/platform/config.ts';
import { log, withLogFields } from '../src/lib/platform/log.ts';
import { deadLetterQueue } from '../src/lib/platform/queue/queue.ts';
import { safeMessage, safeReason } from '../src/lib/platform/secrets.ts';
import { enqueue } from '#lib/jobs/queue.ts';
import { deleteOutdatedJob } from './jobs/delete-outdated.ts';
import { erasePersonJob } from './jobs/erase-person.ts';
import { keepSubscriptionJob } from './jobs/keep-subscription.ts';
import { pushLeadsJob } from './jobs/push-leads.ts';
import { pollDeviceFlowJob } from './jobs/poll-consent.ts';
import { refreshTokenJob } from './jobs/refresh-token.ts';
import { pruneRawJob } from './jobs/prune-raw.ts';
import { removeObjectJob } from './jobs/remove-object.ts';
import { replayJob } from './jobs/replay.ts';
import { requestPushesJob } from './jobs/request-pushes.ts';
import { rescoreJob } from './jobs/rescore.ts';
import { retryRecordsJob } from './jobs/retry-records.ts';
import { scanDomainsJob } from './jobs/scan-domains.ts';
import { syncConnectionJob } from './jobs/sync-connection.ts';
import { writeBackJob } from './jobs/write-back.ts';

type Handler<Name extends JobName> = (
  payload: JobPayload<Name>,
  signal: AbortSignal,
) => Promise<JobOutcome<Name>>;

const handlers: { [Name in JobName]: Handler<Name> } = {
  'sync-connection': syncConnectionJob,
  'retry-records': retryRecordsJob,
  replay: replayJob,
  'prune-raw': pruneRawJob,
  'delete-outdated': deleteOutdatedJob,
  'remove-object': removeObjectJob,
  'erase-person': erasePersonJob,
  'poll-consent': pollDeviceFlowJob,
  'refresh-token': refreshTokenJob,
  'keep-subscription': keepSubscriptionJob,
  'scan-domains': scanDomainsJob,
  rescore: rescoreJob,
  'push-leads': pushLeadsJob,
  'write-back': writeBackJob,
  'request-pushes': requestPushesJob,
};

/**
 * Starts a consumer for every queue. `stopping` makes running jobs end at their next checkpoint.
 */
export async function startConsumers(boss: PgBoss, stopping: AbortSignal): Promise<void> {
  for (const name of jobNames) {
    const options = {
      batchSize: 1,
      localConcurrency: config().SYNC_CONCURRENCY,
      groupConcurrency: config().SYNC_TENANT_CONCURRENCY,
      pollingIntervalSeconds: 1,
    };
    await boss.work(name, options, async (batch: Job<unknown>[]) => {
      for (const job of batch) await runJob(name, job, stopping);
    });
  }
  await boss.work(
    deadLetterQueue,
    { includeMetadata: true, pollingIntervalSeconds: 1 },
    async (batch: JobWithMetadata<unknown>[]) => {
      for (const { sourceName, sourceRetryCount, sourceOutput, data } of batch)
        await recordGivenUpJob({
          queue: sourceName,
          payload: data,
          output: sourceOutput,
          attempts: (sourceRetryCount ?? 0) + 1,
        });
    },
  );
}

async function runJob<Name extends JobName>(
  name: Name,
  job: Job<unknown>,
  stopping: AbortSignal,
): Promise<void> {
  await withLogFields({ jobId: job.id, queue: name }, async () => {
    try {
      const payload = jobs[name].parse(job.data) as JobPayload<Name>;
      const requestedBy = 'requestedBy' in payload ? payload.requestedBy : null;
      const outcome = await actOnBehalfOf(payload.tenantId, requestedBy, () =>
        handlers[name](payload, AbortSignal.any([stopping, job.signal])),
      );
      await completeJob(name, job.id, outcome);
    } catch (error) {
      log.error({ event: 'job.failed', reason: safeReason(error) }, 'A job failed');
      // The queue stores the error that is thrown, so it gets only the scrubbed message, without
      // the context.
      throw new Error(safeMessage(error));
    }
  });
}

/**
 * Completes a job. One with more work continues in a new job with a lower priority than waiting
 * jobs.
 */
async function completeJob<Name extends JobName>(
  name: Name,
  jobId: string,
  outcome: JobOutcome<Name>,
): Promise<void> {
  if (outcome.kind === 'cancelled')
    log.info({ event: 'job.cancelled', reason: outcome.reason }, 'Nothing to do for this job');
  if (outcome.kind === 'again')
    await enqueue(name, outcome.payload, {
      key: `after/${jobId}`,
      startAfter: outcome.at,
      priority: -1,
    });
}
