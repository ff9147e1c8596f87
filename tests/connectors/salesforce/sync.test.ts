import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startSandbox,
  type SalesforceChange,
  type SalesforceSpec,
  type Sandbox,
  type SandboxOptions,
} from '../../../sandbox/index.ts';
import { connectAccount } from '#lib/connections/manage.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { expectBalancedBooks, expectExactRollups } from '../../helpers/truth.ts';
import { credentials, DAY, lead, MINUTE, NOW, orgSpec } from './harness.ts';
import { expectSameSalesforce } from './truth.ts';

const db = useDatabase();
const secrets = credentials;
const TOKEN = 'POST services/oauth2/token';
let sandbox: Sandbox;
let tenantId: string;
let connectionId: string;
let count = 0;

async function begin(
  spec: Partial<SalesforceSpec> = {},
  given: object = {},
  options: SandboxOptions = {},
): Promise<void> {
  await sandbox?.close(0);
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    salesforce: [orgSpec({ leads: 60, ...spec })],
    now: NOW,
    ...options,
  });
  count += 1;
  tenantId = (await createTenant({ slug: `salesforce-${count}`, name: 'Salesforce' })).id;
  const connection = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: settings(given),
    secrets,
  });
  connectionId = connection.id;
}
beforeEach(() => begin());
afterAll(() => sandbox.close(0));

const settings = (given: object = {}) => ({
  baseUrl: sandbox.salesforce.baseUrl,
  pageSize: 200,
  bulkPollMs: 10,
  ...given,
});
const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
const stream = (report: Awaited<ReturnType<typeof sync>>, name: string) =>
  report.streams.find((each) => each.stream === name);
const mutate = (...changes: SalesforceChange[]) =>
  sandbox.salesforce.mutate('org', { changes }).ids;
const countCalls = (endpoint: string) =>
  sandbox.log.entries().filter((entry) => entry.endpoint === endpoint).length;
const expectSame = () => expectSameSalesforce(db, sandbox, 'org', tenantId);
/** The next pass lists everything. */
const listAllNext = () =>
  db.query(
    `update stream_states set full_at = now() - interval '25 hours'
     where tenant_id = $1 and full_at is not null`,
    [tenantId],
  );

describe('Salesforce', () => {
  it('is read whole once and then by changes, and every stage and value agrees', async () => {
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(await expectSame()).toBeGreaterThan(150);
    for (let week = 0; week < 2; week += 1) {
      sandbox.clock.shift(3 * DAY);
      const [some, other] = sandbox.salesforce.truth('org', 'Opportunity')['Opportunity'] ?? [];
      const [converted] = mutate(lead());
      mutate(
        { op: 'update', kind: 'Opportunity', id: String(some?.['Id']), row: { Amount: 1_000 } },
        { op: 'delete', kind: 'Opportunity', id: String(other?.['Id']) },
        { op: 'convert', kind: 'Lead', id: converted ?? '' },
      );
      const report = await sync();
      expect(report).toMatchObject({ status: 'success' });
      expect(stream(report, 'opportunities')).toMatchObject({ deleted: 1 });
      await expectSame();
    }
    await listAllNext();
    expect(await sync()).toMatchObject({ status: 'success' });
    await expectSame();
    await expectExactRollups(db);
    await expectBalancedBooks(db);
  });

  it('reads an object by one job and the same rows again from what is stored', async () => {
    await begin({ leads: 150 }, { bulkAbove: 50, bulkPageSize: 40 });
    expect(await sync()).toMatchObject({ status: 'success' });
    await expectSame();
    expect(countCalls('POST services/data/:version/jobs/query')).toBeGreaterThan(2);
    await db.query('truncate leads cascade');
    await replayConnection({ tenantId, connectionId, trigger: 'replay' });
    await expectSame();
    await listAllNext();
    const again = await sync();
    expect(stream(again, 'leads')).toMatchObject({ inserted: 0, changed: 0, deleted: 0 });
  });

  it('follows conversion and merging, and keeps what they made', async () => {
    await sync();
    sandbox.clock.shift(60 * MINUTE);
    const [converted = '', winner = '', loser = ''] = mutate(lead(), lead(), lead());
    await sync();
    sandbox.clock.shift(60 * MINUTE);
    mutate(
      { op: 'convert', kind: 'Lead', id: converted },
      { op: 'merge', kind: 'Lead', id: winner, loser },
    );
    expect(await sync()).toMatchObject({ status: 'success' });
    const rows = await db.query(
      `select external_id as id, qualified, deleted_at is null as live
       from leads
       where tenant_id = $1 and external_id = any($2)`,
      [tenantId, [converted, winner, loser]],
    );
    expect(new Set(rows)).toEqual(
      new Set([
        { id: converted, qualified: true, live: true },
        { id: winner, qualified: false, live: true },
        { id: loser, qualified: false, live: false },
      ]),
    );
    await expectSame();
  });

  it('renews a token that was rejected once, and not for a refusal that is about the user', async () => {
    await sync();
    expect(countCalls(TOKEN)).toBe(1);
    sandbox.salesforce.desk.expire('org');
    sandbox.clock.shift(60 * MINUTE);
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(countCalls(TOKEN)).toBe(2);
    sandbox.salesforce.org('org').spec.blocked = true;
    expect(await sync()).toMatchObject({ status: 'failed' });
    expect(countCalls(TOKEN)).toBe(2);
  });

  it('stops at its quota and goes on when the day has moved on', async () => {
    await begin({ quota: 25 });
    sandbox.salesforce.org('org').useUp(20);
    const report = await sync();
    expect(report.status).not.toBe('success');
    const asked = sandbox.log.entries().length;
    await sync();
    expect(sandbox.log.entries().length).toBeLessThanOrEqual(asked + 1);
    const [{ until } = { until: null }] = await db.query<{ until: Date | null }>(
      `select max(started_at + interval '1 day') as until from rate_budgets
       where tenant_id = $1 and "window" = 'day'`,
      [tenantId],
    );
    const wait = (until?.getTime() ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(30 * MINUTE);
    expect(wait).toBeLessThan(61 * MINUTE);
  });

  it.each(['nul', 'lone_surrogate', 'bad_date', 'zero_date', 'missing_id'] as const)(
    'sets a record with %s aside, or keeps it without, and all others',
    async (poison) => {
      await begin({ leads: 12 }, { bulkAbove: poison === 'nul' ? 5 : 50_000 });
      const count = sandbox.salesforce.truth('org', 'Lead')['Lead']?.length ?? 0;
      sandbox.salesforce.poison('org', { kind: 'Lead', poison, count: 2 });
      const report = stream(await sync(), 'leads');
      const isRejected = ['nul', 'lone_surrogate', 'missing_id'].includes(poison);
      expect(report).toMatchObject({
        fetched: count,
        inserted: isRejected ? count - 2 : count,
        rejected: isRejected ? 2 : 0,
      });
      await expectBalancedBooks(db);
    },
  );

  it('is connected with credentials that are checked', async () => {
    const request = {
      tenantId,
      provider: 'salesforce',
      label: 'Second',
      settings: settings(),
      secrets,
    };
    await expect(
      connectAccount({ ...request, secrets: { ...secrets, clientSecret: 'wrong' } }),
    ).rejects.toThrow('rejected these credentials');
    await expect(
      connectAccount({ ...request, secrets: { clientSecret: secrets.clientSecret } }),
    ).rejects.toThrow('needs the secret clientId');
    await expect(connectAccount(request)).resolves.toMatchObject({
      id: expect.any(String) as string,
    });
  });
});
