import { and, eq } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { log } from '../platform/log.ts';
import { counter, histogram } from '../platform/metrics/registry.ts';
import { safeMessage } from '../platform/secrets.ts';
import { tenants } from '../schema/tenants.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';

/*
 * What the engine tells of its work. Labels are the tenant's slug and the provider's key. None of
 * these functions throws or makes its caller wait: a figure that is lost must not cost a sync.
 */

const ownerLabels = ['tenant', 'provider'] as const;
const jobsProcessed = counter('sync_jobs_processed', 'Sync runs that ended, well or not', [
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
  'Records stored with other content than before',
  ownerLabels,
);
const runMs = histogram(
  'sync_latency_ms',
  'Time from the beginning to the end of a sync run',
  ['provider', 'status'],
  [100, 500, 1000, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000],
);
const writebackMs = histogram(
  'writeback_latency_ms',
  'Time that one write to a provider took',
  ['provider', 'outcome'],
  [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
);
const pushTotal = counter(
  'd365_push_total',
  'Tries to write a lead into a CRM, by what became of them',
  [...ownerLabels, 'outcome'],
);
const pushFailures = counter(
  'd365_push_fail_total',
  'Leads that could not be written into a CRM and wait for a person',
  ownerLabels,
);
const refreshFailures = counter(
  'token_refresh_failures',
  'Exchanges of a token that a provider refused for good',
  ownerLabels,
);

/** Which connection something is about. */
export interface ConnectionRef {
  tenantId: string;
  connectionId: string;
}

/** A sync run ended, in however many slices. */
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

/** A page was stored: its transaction is committed. */
export function recordPage(page: ConnectionRef & { inserted: number; changed: number }): void {
  withLabels(page, (labels) => {
    recordsCreated.inc(labels, page.inserted);
    recordsUpdated.inc(labels, page.changed);
  });
}

/** One write to a provider ended; `ms` is from sending to its answer. */
export function recordWriteback(provider: string, ok: boolean, ms: number): void {
  writebackMs.observe({ provider, outcome: ok ? 'ok' : 'failed' }, ms);
}

/** One try to write a lead into a CRM ended. */
export function recordPush(push: ConnectionRef, outcome: string): void {
  withLabels(push, (labels) => {
    pushTotal.inc({ ...labels, outcome });
    pushFailures.inc(labels, outcome === 'failed' ? 1 : 0);
  });
}

/** A provider refused to exchange a token: the connection has to be connected again. */
export function recordTokenRefreshFailure(failed: ConnectionRef): void {
  withLabels(failed, (labels) => refreshFailures.inc(labels));
}

interface Labels {
  tenant: string;
  provider: string;
}

/** Neither a slug nor a provider changes for a connection. */
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
      { event: 'metrics.labels_failed', reason: safeMessage(error) },
      'A figure could not be counted',
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
  if (labels === undefined) throw new Error('There is no such connection any more');
  return labels;
}
