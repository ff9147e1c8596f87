import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { enqueueRefreshes } from '#lib/connections/oauth/token-refresh.ts';
import { config } from '../../src/lib/platform/config.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { openQueue } from '../../src/lib/platform/queue/queue.ts';
import { closeQueue, enqueue } from '#lib/jobs/queue.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { startConsumers } from '../../worker/consumers.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { until } from '../helpers/processes.ts';

allowForLoad();
const db = useDatabase();
const stopping = new AbortController();
let sandbox: Sandbox;
let boss: ReturnType<typeof openQueue>;
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        clientId: 'partner-app',
        clientSecret: 'partner-secret-0123',
        refreshToken: 'partner-consent-0123',
        seed: 'job',
        referrals: 3,
        countedOn: Date.UTC(2026, 10, 20),
      },
    ],
  });
  tenantId = (await createTenant({ slug: 'acme', name: 'Acme' })).id;
  const settings = {
    baseUrl: sandbox.partnerCenter.baseUrl,
    loginUrl: sandbox.partnerCenter.loginUrl,
    clientId: 'partner-app',
  };
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings,
      secrets: { clientSecret: 'partner-secret-0123', refreshToken: 'partner-consent-0123' },
    })
  ).id;
  await syncConnection({ tenantId, connectionId, trigger: 'cli' });
  boss = openQueue({ url: config().DATABASE_URL, supervise: false });
  await boss.start();
  await startConsumers(boss, stopping.signal);
});
afterAll(async () => {
  stopping.abort();
  await boss.stop({ graceful: false });
  await closeQueue();
  await sandbox.close(0);
});

const version = async () =>
  (
    await db.query<{ version: number }>(
      `select version from credentials where connection_id = $1 and name = 'refreshToken'`,
      [connectionId],
    )
  )[0]?.version;
const runDown = () =>
  db.query(
    `update credentials
     set expires_at = now() + interval '4 minutes', updated_at = now() - interval '56 minutes'
     where connection_id = $1 and name = 'accessToken'`,
    [connectionId],
  );
const ended = async () =>
  (
    await db.query(
      `select 1
       from pgboss.job
       where name = 'refresh-token' and state in ('created', 'active', 'retry')
         and start_after <= now()`,
    )
  ).length === 0;

it('a token near its end is queued once and renewed; a fresh one waits its time', async () => {
  expect(await enqueueRefreshes()).toBe(1);
  expect(
    await db.query(
      `select start_after > now() + interval '50 minutes' as later, state
       from pgboss.job
       where name = 'refresh-token'`,
    ),
  ).toEqual([{ later: true, state: 'created' }]);
  expect(await enqueueRefreshes()).toBe(0);
  await runDown();
  const before = await version();
  expect(await enqueueRefreshes()).toBe(1);
  await until('the token is renewed', async () => (await version()) === Number(before) + 1);
});

it('a dead grant asks for a person and is not queued; a lost connection is ignored', async () => {
  sandbox.partnerCenter.desk.revoke('partner');
  await runDown();
  await enqueue('refresh-token', { tenantId, connectionId: newId() }, { key: 'gone' });
  expect(await enqueueRefreshes()).toBe(1);
  await until(
    'the connection asks to be connected again',
    async () =>
      (
        await db.query(`select 1 from connections where id = $1 and status = 'needs_reconnect'`, [
          connectionId,
        ])
      ).length === 1,
  );
  await until('both jobs have ended', ended);
  expect(await enqueueRefreshes()).toBe(0);
  expect(await db.query('select 1 from dead_letters')).toEqual([]);
  expect(await db.query(`select 1 from pgboss.job where state = 'failed'`)).toEqual([]);
});
