import { assertUsableKeys } from '../src/lib/connections/keys/verify.ts';
import { checkAlertsTask } from '#lib/ops/alerts/task.ts';
import { assertUsableDatabase } from '../src/lib/platform/db/readiness.ts';
import { closeDatabase } from '../src/lib/platform/db/database.ts';
import { config, ConfigError } from '../src/lib/platform/config.ts';
import { freezeObjectPrototype } from '../src/lib/platform/frozen-prototype.ts';
import { log } from '../src/lib/platform/log.ts';
import { startPeriodicTasks } from '../src/lib/platform/periodic/run.ts';
import { openQueue } from '../src/lib/platform/queue/queue.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';
import { onStopWatched } from '../src/lib/platform/stop/signals.ts';
import { startTracing } from '../src/lib/platform/tracing.ts';
import { duePushesTask } from '#lib/outbound/push/due.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { StoppedError } from '#lib/ingest/failures.ts';
import { deleteOutdatedTask } from '#lib/privacy/retention/run.ts';
import { pruneRawTask } from '#lib/ingest/retention/task.ts';
import { startConsumers } from './consumers.ts';
import { startSchedule } from './schedule.ts';
import { startServer } from './server.ts';

/** The share of the time to stop that jobs have to reach a checkpoint. */
const drainShare = 5 / 7;

/** Runs the worker until it is stopped: the hourly tick and the queue consumers. */
async function main(): Promise<void> {
  freezeObjectPrototype();
  const stopTimeoutMs = config().STOP_TIMEOUT_SECONDS * 1000;
  await assertUsableDatabase();
  const stopTracing = await startTracing('tributary-worker');
  // Listens before any job starts: a port that is taken ends the process.
  const server = await startServer();
  await assertUsableKeys();
  const stopping = new AbortController();
  const boss = openQueue({ url: config().DATABASE_URL, supervise: true });
  await boss.start();
  const started: (() => unknown)[] = [];
  // Registered before any job starts: a worker that is stopped while it starts up also hands over
  // its runs.
  onStopWatched(async (signal) => {
    log.info({ event: 'worker.stopping', signal }, 'Worker is stopping');
    stopping.abort(new StoppedError());
    for (const stop of started) await stop();
    await boss.stop({ graceful: true, timeout: stopTimeoutMs * drainShare });
    server?.close().closeAllConnections();
    await closeQueue();
    await closeDatabase();
    await stopTracing();
  }, stopTimeoutMs);
  await startConsumers(boss, stopping.signal);
  const schedule = await startSchedule();
  started.push(
    () => schedule.destroy(),
    startPeriodicTasks([checkAlertsTask(), pruneRawTask(), deleteOutdatedTask(), duePushesTask()]),
  );
  log.info({ event: 'worker.ready' }, 'Worker is ready');
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else log.fatal({ event: 'worker.failed', reason: safeReason(error) }, 'Worker cannot run');
  process.exitCode = 1;
  setTimeout(() => process.exit(1), 1000).unref();
});
