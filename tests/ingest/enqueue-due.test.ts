import { afterAll, beforeAll, expect, it } from 'vitest';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { resetConfig } from '../../src/lib/platform/config.ts';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { useDatabase } from '../helpers/database.ts';
import { useStatementLog } from '../helpers/statements.ts';

/* What the hourly tick queues, and with how many statements. */

const db = useDatabase();
const log = useStatementLog(db.url);
const connectionsEach = 5;
const slugs = ['north', 'south', 'west'];

beforeAll(async () => {
  for (const slug of slugs) {
    const { id: tenantId } = await createTenant({ slug, name: slug });
    for (let n = 0; n < connectionsEach; n += 1)
      await createConnection({
        tenantId,
        provider: 'clienttether',
        label: `${slug} ${n}`,
        settings: { baseUrl: 'http://127.0.0.1:9/' },
        secrets: { webKey: 'CT_none', accessToken: 'none' },
      });
  }
  await useUrl(log.url);
});
afterAll(async () => {
  await closeQueue();
  await useUrl(db.url);
});

async function useUrl(url: string): Promise<void> {
  await closeDatabase();
  process.env['DATABASE_URL'] = url;
  resetConfig();
}

const all = slugs.length * connectionsEach;

it('queues all that is due with one statement after one look, each once, the first of a tenant first', async () => {
  let queued = 0;
  const statements = await log.during(async () => (queued = await enqueueDueSyncs()));
  expect(queued).toBe(all);
  expect(statements.filter((text) => /insert into pgboss\.job/i.test(text))).toHaveLength(1);
  expect(statements.filter((text) => text.includes('due_at'))).toHaveLength(1);
  expect(await enqueueDueSyncs()).toBe(0);
  const jobs = await db.query<{ tenant: string; group: string; priority: number; retries: number }>(
    `select data->>'tenantId' as tenant, group_id as group, priority, retry_limit as retries
     from pgboss.job where name = 'sync-connection'`,
  );
  expect(jobs).toHaveLength(all);
  for (const { tenant, group, retries } of jobs) {
    expect(group).toBe(tenant);
    expect(retries).toBe(3);
  }
  const priorities = jobs.map(({ priority }) => priority).toSorted((a, b) => b - a);
  expect(priorities).toEqual([0, 0, 0, -1, -1, -1, -2, -2, -2, -3, -3, -3, -3, -3, -3]);
});

it('queues a connection that is due later for its time', async () => {
  await db.query(`delete from pgboss.job`);
  const [later] = await db.query<{ id: string; due: Date }>(
    `update connections set due_at = now() + interval '10 minutes'
     where label = 'north 0' returning id, due_at as due`,
  );
  await db.query(
    `update connections set due_at = now() + interval '2 hours' where label = 'north 1'`,
  );
  expect(await enqueueDueSyncs()).toBe(all - 1);
  const jobs = await db.query<{ id: string; start: Date }>(
    `select data->>'connectionId' as id, start_after as start from pgboss.job
     where start_after > now() + interval '5 minutes'`,
  );
  expect(jobs).toEqual([{ id: later?.id, start: later?.due }]);
});
