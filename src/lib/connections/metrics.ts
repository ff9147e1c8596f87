import { and, eq } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { log } from '../platform/log.ts';
import { counter, histogram } from '../platform/metrics/registry.ts';
import { safeReason } from '../platform/secrets.ts';
import { tenants } from '../schema/tenants.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';

/*
 * The metrics of syncs, writes and token renewals, labelled with the tenant's slug and the
 * provider's key. None of these functions throws or makes its caller wait, so that a metric that
 * cannot be recorded never costs a sync.
 */

const ownerLabels = ['tenant', 'provider'] as const;
const jobsProcessed = counter('sync_jobs_processed', 'Sync runs that ended, successfully or not', [
  ...ownerLabels,
  'status',
]);
const jobsFailed = counter(
  'sync_jobs_failed',
  'Sync runs that ended with no stream read',
  ownerLabels,
);
const recordsCreated = counter(
  'sync_records_created',
  'Records stored for the first time',
  ownerLabels,
);
const recordsUpdated = counter(
  'sync_records_updated',
  'Records stored with changed content',
  ownerLabels,
);
const runMs = histogram(
  'sync_latency_ms',
  'Duration of a sync run',
  ['provider', 'status'],
  [100, 500, 1000, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000],
);
const writebackMs = histogram(
  'writeback_latency_ms',
  'Duration of one write to a provider',
  ['provider', 'outcome'],
  [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
);
/** Each under the name that it had while there was one CRM, too: dashboards may ask for either. */
const pushTotals = ['crm_push_total', 'd365_push_total'].map((name) =>
  counter(name, 'Attempts to write a lead to a CRM, by outcome', [...ownerLabels, 'outcome']),
);
const pushFailures = ['crm_push_fail_total', 'd365_push_fail_total'].map((name) =>
  counter(name, 'Leads that could not be written to a CRM and wait for a person', ownerLabels),
);
const refreshFailures = counter(
  'token_refresh_failures',
  'Token renewals that a provider refused permanently',
  ownerLabels,
);
const deliveredEvents = counter(
  'webhook_events_total',
  'Events of authentic webhook deliveries, by what became of them',
  [...ownerLabels, 'outcome'],
);

/** The connection that a metric is about. */
export interface ConnectionRef {
  tenantId: string;
  connectionId: string;
}

/** Counts a sync run that ended, however many slices it took. */
export function recordRun(
  run: ConnectionRef & {
    status: 'success' | 'partial' | 'failed';
    startedAt: Date;
    finishedAt: Date;
  },
): void {
  withLabels(run, (labels) => {
    jobsProcessed.inc({ ...labels, status: run.status });
    jobsFailed.inc(labels, run.status === 'failed' ? 1 : 0);
    runMs.observe(
      { provider: labels.provider, status: run.status },
      run.finishedAt.getTime() - run.startedAt.getTime(),
    );
  });
}

/** Counts the records of a page; call it once the page's transaction is committed. */
export function recordPage(page: ConnectionRef & { inserted: number; changed: number }): void {
  withLabels(page, (labels) => {
    recordsCreated.inc(labels, page.inserted);
    recordsUpdated.inc(labels, page.changed);
  });
}

/** Counts a write to a provider; `ms` is the time from the request to its response. */
export function recordWriteback(provider: string, ok: boolean, ms: number): void {
  writebackMs.observe({ provider, outcome: ok ? 'ok' : 'failed' }, ms);
}

/** Counts an attempt to write a lead to a CRM. */
export function recordPush(push: ConnectionRef, outcome: string): void {
  withLabels(push, (labels) => {
    for (const total of pushTotals) total.inc({ ...labels, outcome });
    for (const failures of pushFailures) failures.inc(labels, outcome === 'failed' ? 1 : 0);
  });
}

/** Counts a token renewal that the provider refused: the connection has to be connected again. */
export function recordTokenRefreshFailure(failed: ConnectionRef): void {
  withLabels(failed, (labels) => refreshFailures.inc(labels));
}

/** Counts the events of an authentic webhook delivery, by what became of them. */
export function recordDeliveredEvents(
  to: ConnectionRef,
  counts: Readonly<Record<string, number>>,
): void {
  withLabels(to, (labels) => {
    for (const [outcome, count] of Object.entries(counts))
      if (count > 0) deliveredEvents.inc({ ...labels, outcome }, count);
  });
}

interface Labels {
  tenant: string;
  provider: string;
}

/** Never cleared: a connection keeps its tenant's slug and its provider. */
const labelCache = new Map<string, Promise<Labels>>();

function withLabels(
  { tenantId, connectionId }: ConnectionRef,
  count: (labels: Labels) => void,
): void {
  const labels = labelCache.get(connectionId) ?? readLabels(tenantId, connectionId);
  labelCache.set(connectionId, labels);
  labels.then(count).catch((error: unknown) => {
    labelCache.delete(connectionId);
    log.warn(
      { event: 'metrics.labels_failed', reason: safeReason(error) },
      'A metric could not be recorded',
    );
  });
}

async function readLabels(tenantId: string, connectionId: string): Promise<Labels> {
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const names = { tenant: tenants.slug, provider: connections.provider };
  const [labels] = await readTenant(tenantId, (tx) =>
    tx
      .select(names)
      .from(connections)
      .innerJoin(tenants, eq(tenants.id, connections.tenantId))
      .where(own),
  );
  if (labels === undefined) throw new Error('The connection does not exist any more');
  return labels;
}
