import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startSandbox,
  type DynamicsChange,
  type DynamicsSpec,
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
import { credentials } from '../../sandbox/dynamics.ts';
import { DAY, lead } from '../../sandbox/dynamics-rows.ts';
import { credentialsOf, NOW, orgSpec } from './harness.ts';
import { expectSameDynamics } from './truth.ts';

const db = useDatabase();
const secrets = { clientSecret: credentials.clientSecret };
const LEADS = 'GET api/data/v9.2/leads';
let sandbox: Sandbox;
let tenantId: string;
let connectionId: string;
let count = 0;

async function begin(
  spec: Partial<DynamicsSpec> = {},
  options: SandboxOptions = {},
  given: object = {},
): Promise<void> {
  await sandbox?.close(0);
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [orgSpec({ leads: 40, ...spec })],
    now: NOW,
    ...options,
  });
  count += 1;
  tenantId = (await createTenant({ slug: `dynamics-${count}`, name: 'Dynamics' })).id;
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'dynamics-365',
      settings: settings(given),
      secrets,
    })
  ).id;
}
beforeEach(() => begin());
afterAll(() => sandbox.close(0));

const settings = (given: object = {}) => ({
  baseUrl: sandbox.dynamics365.baseUrl,
  loginUrl: sandbox.dynamics365.loginUrl,
  ...credentialsOf(),
  pageSize: 15,
  ...given,
});
const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
const stream = (report: Awaited<ReturnType<typeof sync>>, name: string) =>
  report.streams.find((each) => each.stream === name);
const mutate = (...changes: DynamicsChange[]) => sandbox.dynamics365.mutate('org', { changes }).ids;
const reads = () =>
  sandbox.log
    .entries()
    .filter(({ endpoint, status }) => endpoint.startsWith('GET') && status === 200).length;
const tokenCalls = () =>
  sandbox.log.entries().filter(({ endpoint }) => endpoint === 'POST :tenant/oauth2/v2.0/token')
    .length;
const expectSame = () => expectSameDynamics(db, sandbox, 'org', tenantId);

/** The access token does not outlive the time that passes here. */
function pass(ms: number): void {
  sandbox.clock.shift(ms);
  sandbox.dynamics365.desk.expire('org');
}

describe('Dynamics 365', () => {
  it('is read whole once and then by delta links, and every stage and value agrees', async () => {
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(await expectSame()).toBeGreaterThan(90);
    for (let week = 0; week < 2; week += 1) {
      pass(9 * DAY);
      await db.query(`update stream_states set full_at = now() where tenant_id = $1`, [tenantId]);
      sandbox.log.clear();
      const first = await sync();
      // Delta links of nine days ago are over: what that run could not read, the next one reads
      // whole.
      expect(first.status).not.toBe('success');
      expect(await sync()).toMatchObject({ status: 'success' });
      pass(3 * DAY);
      const [some, other] = sandbox.dynamics365.truth('org', 'opportunity').opportunity ?? [];
      mutate(
        {
          op: 'update',
          kind: 'opportunity',
          id: String(some?.opportunityid),
          row: { estimatedvalue: 1_000 + week, stepname: `Step ${week}` },
        },
        { op: 'delete', kind: 'opportunity', id: String(other?.opportunityid) },
      );
      sandbox.log.clear();
      const second = await sync();
      expect(second).toMatchObject({ status: 'success' });
      expect(stream(second, 'opportunities')).toMatchObject({ deleted: 1 });
      expect(reads()).toBe(6);
      await expectSame();
    }
    const outcomes = await db.query<{ outcome: string }>(
      'select distinct outcome from opportunities where tenant_id = $1 order by 1',
      [tenantId],
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['lost', 'open', 'won']);
    await expectExactRollups(db);
    await expectBalancedBooks(db);
  });

  it('tells of what came and went, without the first sync hearing of deletions', async () => {
    await sync();
    const [made = ''] = mutate(lead({}));
    const [kept = ''] = mutate(lead({ hnt_leadid: '0192f0c1-7a3b-7c44-9d55-0123456789ab' }));
    mutate({ op: 'delete', kind: 'lead', id: made });
    expect(stream(await sync(), 'leads')).toMatchObject({
      status: 'success',
      fetched: 1,
      inserted: 1,
      deleted: 0,
    });
    mutate({ op: 'delete', kind: 'lead', id: kept });
    expect(stream(await sync(), 'leads')).toMatchObject({ fetched: 0, deleted: 1 });
    mutate({ ...lead({}), id: kept } as DynamicsChange);
    expect(stream(await sync(), 'leads')).toMatchObject({ fetched: 1, deleted: 0 });
    mutate({ op: 'delete', kind: 'lead', id: kept });
    await sync();
    await expectSame();
    await db.query('truncate leads cascade');
    await replayConnection({ tenantId, connectionId, trigger: 'replay' });
    await expectSame();
  });

  it('is read whole again, once, when its delta links expire, even by a server error', async () => {
    await begin({ expiredStatus: 500, leads: 10 });
    await sync();
    pass(8 * DAY);
    mutate(lead({ lastname: 'Late' }));
    const forgotten = () =>
      db.query(
        `select stream
         from stream_states
         where tenant_id = $1 and high_water is null and full_at is null`,
        [tenantId],
      );
    expect(stream(await sync(), 'leads')).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringContaining('everything is read again') as string,
    });
    expect(await forgotten()).toHaveLength(6);
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(await forgotten()).toEqual([]);
    await expectSame();
    expect(await sync()).toMatchObject({ status: 'success' });
  });

  it('goes on after the last stored page, and stores no token before the last one', async () => {
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: LEADS, after: 2, next: 4 });
    expect(stream(await sync(), 'leads')).toMatchObject({ status: 'failed', fetched: 30 });
    expect(
      await db.query(
        `select high_water from stream_states where tenant_id = $1 and stream = 'leads'`,
        [tenantId],
      ),
    ).toEqual([{ high_water: null }]);
    sandbox.log.clear();
    expect(stream(await sync(), 'leads')).toMatchObject({
      status: 'success',
      fetched: 10,
      inserted: 10,
    });
    expect(sandbox.log.entries().filter(({ endpoint }) => endpoint === LEADS)).toHaveLength(1);
    await expectSame();
  });

  it('gets a new token when the old one is refused, and says so when the secret is', async () => {
    sandbox.faults.arm({ kind: 'status', status: 401, endpoint: LEADS, after: 1, next: 1 });
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(tokenCalls()).toBe(2);
    const request = {
      tenantId,
      provider: 'dynamics-365',
      label: '',
      settings: settings(),
      secrets,
    };
    await expect(
      connectAccount({ ...request, settings: settings({ clientId: '' }) }),
    ).rejects.toThrow('needs the setting clientId');
    await expect(
      connectAccount({ ...request, secrets: { clientSecret: 'wrong' } }),
    ).rejects.toThrow('rejected these credentials');
    await expect(connectAccount({ ...request, label: 'Second' })).resolves.toMatchObject({
      id: expect.any(String) as string,
    });
  });

  it('is followed by time without change tracking, with deletions found once a day', async () => {
    await begin({ untracked: ['task'], readsOrganisation: true });
    await sync();
    const states = await db.query<{ stream: string; by: string }>(
      `select stream, case when high_water ? 'delta' then 'delta'
         else 'time' end as by from stream_states
       where tenant_id = $1 and high_water ? 'since'
       order by 1`,
      [tenantId],
    );
    expect(states).toEqual([{ stream: 'tasks', by: 'time' }]);
    pass(DAY);
    const [gone, changed] = sandbox.dynamics365.truth('org', 'task').task ?? [];
    mutate(
      { op: 'update', kind: 'task', id: String(changed?.activityid), row: { subject: 'Other' } },
      { op: 'delete', kind: 'task', id: String(gone?.activityid) },
    );
    expect(stream(await sync(), 'tasks')).toMatchObject({ status: 'success', deleted: 0 });
    await expect(expectSame()).rejects.toThrow('scheduled_activities');
    await db.query(
      `update stream_states set full_at = now() - interval '25 hours' where tenant_id = $1`,
      [tenantId],
    );
    expect(stream(await sync(), 'tasks')).toMatchObject({ status: 'success', deleted: 1 });
    await expectSame();
  });

  it('comes to the truth with tracked lists that say nothing about how to go on', async () => {
    for (const spec of [{ quietDelta: 'empty' }, { deltaLinks: 'unannotated' }] as const) {
      await begin({ leads: 10, ...spec });
      expect(await sync()).toMatchObject({ status: 'success' });
      expect(await sync()).toMatchObject({ status: 'success' });
      const [made = ''] = mutate(lead({ lastname: 'Late' }));
      expect(stream(await sync(), 'leads')).toMatchObject({ status: 'success', inserted: 1 });
      await expectSame();
      mutate({ op: 'delete', kind: 'lead', id: made });
      const deleted = 'quietDelta' in spec ? 1 : 0;
      expect(stream(await sync(), 'leads')).toMatchObject({ status: 'success', deleted });
      await replayConnection({ tenantId, connectionId, trigger: 'replay' });
    }
  });

  it('names the privilege that the role lacks, and reads the rest', async () => {
    await begin({ denied: ['read:annotation'] });
    const report = await sync();
    expect(report.status).toBe('partial');
    expect(stream(report, 'annotations')).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringContaining('prvReadAnnotation') as string,
    });
    expect(report.streams.filter(({ status }) => status === 'success')).toHaveLength(5);
  });

  it('waits when the environment protects itself, and comes to the truth', async () => {
    await begin({ limits: { requests: 25 } }, {}, { pageSize: 5 });
    const first = await sync();
    expect(first).toMatchObject({
      status: 'partial',
      errorMessage: expect.stringContaining('too many requests') as string,
    });
    const [pause] = await db.query<{ seconds: number }>(
      `select extract(epoch from blocked_until - now())::float as seconds
       from rate_budgets
       where tenant_id = $1 and blocked_until is not null`,
      [tenantId],
    );
    expect(pause?.seconds).toBeGreaterThan(200);
    expect(sandbox.dynamics365.org('org').throttle.refused).toBe(1);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      sandbox.clock.shift(400_000);
      await db.query('delete from rate_budgets where tenant_id = $1', [tenantId]);
      if ((await sync()).status === 'success') break;
    }
    expect(await sync()).toMatchObject({ status: 'success' });
    await expectSame();
  });

  it('rejects only the broken rows, each with its reason', async () => {
    sandbox.dynamics365.poison('org', { poison: 'nul', count: 2 });
    expect(stream(await sync(), 'leads')).toMatchObject({
      status: 'partial',
      inserted: 38,
      rejected: 2,
    });
    expect(
      await db.query('select distinct reason from record_errors where tenant_id = $1', [tenantId]),
    ).toEqual([{ reason: expect.stringContaining('a character that cannot be stored') as string }]);
  });
});
