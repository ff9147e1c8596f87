import { countOpenAlerts, countPendingDeliveries } from '../alerts/queries.ts';
import { addReading, gauge } from '../../platform/metrics/registry.ts';
import { readQueueDepths, queueStates } from '../../platform/queue/depth.ts';
import { jobNames } from '../../jobs/jobs.ts';
import { computeAges, sortOldestFirst } from './ages.ts';
import { surveyTenants } from './survey.ts';

/**
 * The most streams with their own series: more would burden the metrics database, so only the
 * oldest are reported.
 */
const maxStreams = 5_000;

const queueDepth = gauge(
  'sync_queue_depth',
  'Jobs of each queue by state: waiting, scheduled for later, active, failed',
  ['queue', 'state'],
);
const streamAge = gauge(
  'sync_stream_age_seconds',
  'Age in seconds of the data of each stream whose connection is not paused',
  ['tenant', 'connection', 'stream'],
);
const omittedStreams = gauge(
  'sync_streams_untold',
  'Streams that sync_stream_age_seconds omits beyond its limit; all are younger than those it has',
);
const stale = gauge('sync_streams_stale', 'Streams whose data is older than two hours');
const openAlerts = gauge('alerts_open', 'Open alerts', ['rule', 'severity']);
const undelivered = gauge(
  'alert_deliveries_pending',
  'Alert notifications that are still waiting to be sent',
  ['channel'],
);

let watching = false;

/**
 * Adds the metrics that are read from the database on each scrape. Call it in every process that
 * serves scrapes; further calls have no effect.
 */
export function registerDatabaseGauges(): void {
  if (watching) return;
  watching = true;
  addReading('queues', readQueues);
  addReading('streams', readStreams);
  addReading('alerts', readAlerts);
}

async function readQueues(): Promise<void> {
  const depths = await readQueueDepths();
  queueDepth.reset();
  for (const queue of jobNames)
    for (const state of queueStates) queueDepth.set({ queue, state }, 0);
  for (const { queue, state, count } of depths) queueDepth.set({ queue, state }, count);
}

async function readStreams(): Promise<void> {
  const ages = sortOldestFirst(computeAges(await surveyTenants(), new Date()));
  streamAge.reset();
  for (const { tenant, connection, stream, seconds } of ages.slice(0, maxStreams))
    streamAge.set({ tenant, connection, stream }, seconds);
  omittedStreams.set(Math.max(0, ages.length - maxStreams));
  stale.set(ages.filter(({ isStale }) => isStale).length);
}

async function readAlerts(): Promise<void> {
  const [open, pending] = [await countOpenAlerts(), await countPendingDeliveries()];
  openAlerts.reset();
  for (const { rule, severity, count } of open) openAlerts.set({ rule, severity }, count);
  for (const channel of ['email', 'webhook']) undelivered.set({ channel }, 0);
  for (const { channel, count } of pending) undelivered.set({ channel }, count);
}
