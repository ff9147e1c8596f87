import { beforeAll, describe, expect, it } from 'vitest';
import { registerDatabaseGauges } from '#lib/ops/health/gauges.ts';
import { surveyAll } from '#lib/ops/health/survey.ts';
import {
  recordPage,
  recordRun,
  recordTokenRefreshFailure,
  recordWriteback,
} from '#lib/connections/metrics.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { renderMetrics } from '../../src/lib/platform/metrics/registry.ts';
import { closeQueue, enqueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';
import { readScrape, type Scrape } from '../helpers/scrape.ts';

const db = useDatabase();
const told = async (): Promise<Scrape> => readScrape(200, (await renderMetrics()).text);
let birch: { tenantId: string; connectionId: string };
let paused: string;

/** Rows written straight into the tables, which is where the metrics come from. */
beforeAll(async () => {
  const [tenant] = await db.query<{ id: string }>(
    `insert into tenants (slug, name) values ('birch', 'Birch Homes') returning id`,
  );
  const add = async (status: string): Promise<string> => {
    const [row] = await db.query<{ id: string }>(
      `insert into connections (tenant_id, provider, label, status, created_at)
       values ($1, 'clienttether', 'ana@birch.test', $2, now() - interval '5 hours')
       returning id`,
      [tenant?.id, status],
    );
    return row?.id ?? '';
  };
  birch = { tenantId: tenant?.id ?? '', connectionId: await add('active') };
  paused = await add('paused');
  await db.query(
    `insert into stream_states (tenant_id, connection_id, stream, fresh_at)
     values ($1, $2, 'clients', now() - interval '10 minutes'),
       ($1, $2, 'notes', now() - interval '3 hours')`,
    [birch.tenantId, birch.connectionId],
  );
  await db.query(`insert into tenants (slug, name, archived_at) values ('gone', 'Gone', now())`);
});

describe('the metrics of the engine', () => {
  it('stands by workspace and provider, and adds up', async () => {
    const startedAt = new Date('2026-11-20T12:00:00Z');
    const run = { ...birch, startedAt, finishedAt: new Date(startedAt.getTime() + 700) };
    for (const status of ['success', 'success', 'partial', 'failed'] as const)
      recordRun({ ...run, status });
    recordPage({ ...birch, inserted: 25, changed: 0 });
    recordPage({ ...birch, inserted: 5, changed: 7 });
    recordTokenRefreshFailure(birch);
    recordWriteback('clienttether', true, 80);
    recordWriteback('clienttether', false, 300);
    await until(
      'the labels were looked up',
      async () =>
        (await told()).value('token_refresh_failures{tenant="birch",provider="clienttether"}') ===
        1,
    );
    const figures = await told();
    const whose = 'tenant="birch",provider="clienttether"';
    expect(figures.value(`sync_jobs_processed{${whose},status="success"}`)).toBe(2);
    expect(figures.value(`sync_jobs_processed{${whose},status="failed"}`)).toBe(1);
    expect(figures.value(`sync_jobs_failed{${whose}}`)).toBe(1);
    expect(figures.value(`sync_records_created{${whose}}`)).toBe(30);
    expect(figures.value(`sync_records_updated{${whose}}`)).toBe(7);
    expect(
      figures.value('sync_latency_ms_bucket{le="500",provider="clienttether",status="success"}'),
    ).toBe(0);
    expect(
      figures.value('sync_latency_ms_bucket{le="1000",provider="clienttether",status="success"}'),
    ).toBe(2);
    expect(
      figures.value('writeback_latency_ms_count{provider="clienttether",outcome="failed"}'),
    ).toBe(1);
  });

  it('of a connection that is gone is left out, and costs nobody anything', async () => {
    recordRun({
      tenantId: birch.tenantId,
      connectionId: newId(),
      status: 'success',
      startedAt: new Date(),
      finishedAt: new Date(),
    });
    recordPage({ tenantId: newId(), connectionId: newId(), inserted: 1, changed: 1 });
    expect((await told()).labels('sync_records_created')).toEqual([
      'tenant="birch",provider="clienttether"',
    ]);
  });
});

describe('the metrics from the database', () => {
  it('is the age of each stream of active connections, and the depth of each queue', async () => {
    const payload = { tenantId: birch.tenantId, trigger: 'schedule' as const, requestedBy: null };
    await enqueue(
      'sync-connection',
      { ...payload, connectionId: birch.connectionId },
      { key: 'now' },
    );
    await enqueue(
      'sync-connection',
      { ...payload, connectionId: birch.connectionId },
      { key: 'later', startAfter: new Date(Date.now() + 3_600_000) },
    );
    await closeQueue();
    registerDatabaseGauges();
    const figures = await told();
    const age = (stream: string) =>
      figures.value(
        `sync_stream_age_seconds{tenant="birch",connection="${birch.connectionId}",` +
          `stream="${stream}"}`,
      ) ?? 0;
    expect(Math.floor(age('clients') / 60)).toBe(10);
    expect(Math.floor(age('notes') / 3600)).toBe(3);
    // Never read: as old as its connection.
    expect(Math.floor(age('opportunities') / 3600)).toBe(5);
    expect(figures.text).not.toContain(paused);
    expect(figures.text).not.toContain('tenant="gone"');
    expect(figures.value('sync_streams_untold')).toBe(0);
    expect(figures.value('sync_streams_stale')).toBe(
      figures.labels('sync_stream_age_seconds').length - 1,
    );
    expect(figures.value('sync_queue_depth{queue="sync-connection",state="waiting"}')).toBe(1);
    expect(figures.value('sync_queue_depth{queue="sync-connection",state="scheduled"}')).toBe(1);
    expect(figures.value('sync_queue_depth{queue="sync-connection",state="active"}')).toBe(0);
    expect(figures.value('alert_deliveries_pending{channel="email"}')).toBe(0);
    expect(figures.text).not.toContain('@');
  });
});

describe('a survey', () => {
  it('sees of each workspace what alerts look at', async () => {
    const id = [birch.tenantId, birch.connectionId];
    await db.query(`update connections set due_at = now() - interval '1 hour' where id = $1`, [
      birch.connectionId,
    ]);
    await db.query(
      `insert into circuits (tenant_id, connection_id, state, reason)
       values ($1, $2, 'open', 'It answered 503.')`,
      id,
    );
    await db.query(
      `insert into sync_runs (tenant_id, connection_id, trigger, status, started_at, finished_at)
       select $1, $2, 'schedule', status, now() - interval '70 minutes', now() - ago
       from (values ('success', interval '5 minutes'), ('failed', interval '5 minutes'),
         ('partial', interval '50 minutes'), ('failed', interval '65 minutes')) as r(status, ago)`,
      id,
    );
    await db.query(
      `insert into sync_runs (tenant_id, connection_id, trigger, status, lease_until)
       values ($1, $2, 'schedule', 'running', now() + interval '1 minute')`,
      id,
    );
    await db.query(
      `insert into dead_letters (tenant_id, job, subject, payload, kind, reason, created_at,
         resolved_at)
      select $1, 'sync-connection', n::text, '{}', 'x', 'x', now() - ago, resolved
      from (values (1, interval '5 minutes', null), (2, interval '2 hours', null),
        (3, interval '5 minutes', now())) as d(n, ago, resolved)`,
      [birch.tenantId],
    );
    const { tenants } = await surveyAll(new Date());
    expect(tenants.map(({ slug }) => slug)).toEqual(['birch']);
    const [tenant] = tenants;
    expect(tenant).toMatchObject({ name: 'Birch Homes', newDeadLetters: 1, newRecordErrors: 0 });
    const connection = tenant?.connections.find((one) => one.id === birch.connectionId);
    expect(connection).toMatchObject({
      status: 'active',
      held: true,
      circuitReason: 'It answered 503.',
      finishedRuns: 3,
      failedRuns: 1,
    });
    expect(tenant?.connections.find((one) => one.id === paused)).toMatchObject({
      status: 'paused',
      held: false,
      circuitReason: null,
      finishedRuns: 0,
    });
    await db.query(
      `update sync_runs set lease_until = now() - interval '1 second' where status = 'running'`,
    );
    const [later] = (await surveyAll(new Date())).tenants;
    expect(later?.connections.find((one) => one.id === birch.connectionId)?.held).toBe(false);
  });
});
