import { describe, expect, it } from 'vitest';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import {
  registerWebhook,
  testWebhook,
  getWebhookStatus,
} from '#lib/webhooks/inbound/registration.ts';
import { syncConnectionJob } from '../../worker/jobs/sync-connection.ts';
import { startProcess, until } from '../helpers/processes.ts';
import {
  db,
  now,
  sandbox,
  web,
  tenantId,
  connectionId,
  address,
  desk,
  deliver,
  message,
  post,
  recorded,
  waiting,
  isDue,
} from './stage.ts';

describe('registering', () => {
  it('tells the provider our address once and on change, with a token for that API', async () => {
    expect(await getWebhookStatus(tenantId, connectionId)).toMatchObject({
      registered: null,
      isCurrent: false,
      received: 0,
    });
    await expect(testWebhook(tenantId, connectionId)).rejects.toThrow('Register it first');
    sandbox.log.clear();
    expect(await registerWebhook(tenantId, connectionId)).toMatchObject({
      url: address,
      isCurrent: true,
      registered: { url: address },
    });
    expect(await registerWebhook(tenantId, connectionId)).toMatchObject({ isCurrent: true });
    const writes = () =>
      sandbox.log
        .entries()
        .flatMap(({ endpoint }) => (/^(POST|PUT) webhooks/.test(endpoint) ? [endpoint] : []));
    expect(writes()).toEqual(['POST webhooks/v1/registration']);
    Object.assign(desk().registration('partner') ?? {}, { WebhookUrl: 'https://old.example/' });
    expect(await registerWebhook(tenantId, connectionId)).toMatchObject({ isCurrent: true });
    expect(writes()).toEqual(['POST webhooks/v1/registration', 'PUT webhooks/v1/registration']);
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    expect(await db.query('select status from connections where id = $1', [connectionId])).toEqual([
      { status: 'active' },
    ]);
  });

  it('brings a test notice, which is taken in', async () => {
    await testWebhook(tenantId, connectionId);
    await until('the test notice came', async () => (await recorded()).length === 1);
    expect(await getWebhookStatus(tenantId, connectionId)).toMatchObject({
      received: 1,
      last: { event: 'test-created' },
    });
  });
});

it('operators register, try and look at webhooks from the command line', async () => {
  const run = async (verb: string, ...more: string[]) => {
    const { exited, output } = startProcess(
      'cli/index.ts',
      db.url,
      { LOG_LEVEL: 'error', PUBLIC_URL: web.url },
      ['webhook', verb, '--tenant', 'north', '--connection', connectionId, ...more],
    );
    return { code: (await exited).code, output: output() };
  };
  expect(await run('register')).toMatchObject({
    code: 0,
    output: expect.stringContaining(
      `Address: ${address}\nThe webhook is registered for this address.`,
    ) as string,
  });
  expect(JSON.parse((await run('status', '--json')).output)).toMatchObject({
    isCurrent: true,
    url: address,
  });
});

it('names of fields may be in the case of the guide or of the specification', async () => {
  desk().casing = 'specification';
  expect(await registerWebhook(tenantId, connectionId)).toMatchObject({
    isCurrent: true,
    registered: { url: address },
  });
  expect(await deliver({ event: 'referral-updated', id: 'other-case' })).toEqual([200]);
  expect(await recorded()).toMatchObject([
    { event: 'referral-updated', resource_id: 'other-case' },
  ]);
  desk().casing = 'guide';
});

it.each([429, 503])('a registration that met %i says what to do, and when', async (status) => {
  Object.assign(desk().registration('partner') ?? {}, { WebhookUrl: 'https://old.example/' });
  for (const endpoint of ['POST webhooks/v1/registration', 'PUT webhooks/v1/registration'])
    sandbox.faults.arm(
      status === 429
        ? { kind: 'rate_limited', retryAfter: '3600', endpoint, next: 1 }
        : { kind: 'status', status, endpoint, next: 9 },
    );
  await expect(registerWebhook(tenantId, connectionId)).rejects.toThrow(
    status === 429
      ? /asked for a pause until \d.*Nothing was changed: do it again then\./
      : /is not available right now\. Do it again in a few minutes; twice does no harm\./,
  );
  sandbox.faults.disarm();
  await db.query('delete from rate_budgets');
  await db.query('delete from circuits');
  expect(await registerWebhook(tenantId, connectionId)).toMatchObject({ isCurrent: true });
});

describe('many deliveries', () => {
  it('50 events 20 times each, in any order, are 50 and ask for a pass or two', async () => {
    await db.query(`update connections set due_at = now() + interval '1 hour' where id = $1`, [
      connectionId,
    ]);
    const messages = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        message({ event: 'referral-updated', id: `many-${index}`, at: now - index * 1000 }),
      ),
    );
    const all = Array.from(
      { length: 1000 },
      (_, index) => messages[(index * 7 + Math.floor(index / 50)) % 50],
    ).flatMap((given) => given ?? []);
    const statuses = await Promise.all(
      all.map(async (given) => (await post(address, given)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    const rows = await recorded();
    expect([rows.length, new Set(rows.map(({ copies }) => copies))]).toEqual([50, new Set([20])]);
    expect((await waiting()).length).toBe(1);
    const passes = async () =>
      (await db.query('select 1 from sync_runs where connection_id = $1', [connectionId])).length;
    const before = await passes();
    const payload = { tenantId, connectionId, trigger: 'schedule' as const, requestedBy: null };
    for (let turn = 0; turn < 5; turn += 1)
      await syncConnectionJob(payload, new AbortController().signal);
    expect((await passes()) - before).toBe(1);
    expect(await isDue()).toBe(false);
  }, 60_000);

  it('one that comes while a pass is under way is followed by another, without a job', async () => {
    sandbox.faults.arm({
      kind: 'latency',
      ms: 3_000,
      endpoint: 'GET v1.0/engagements/referrals',
      next: 1,
    });
    const running = syncConnection({ tenantId, connectionId, trigger: 'cli' });
    await until(
      'the pass is under way',
      async () => (await db.query(`select 1 from sync_runs where status = 'running'`)).length === 1,
    );
    expect(await deliver({ event: 'referral-updated', id: 'meanwhile' })).toEqual([200]);
    expect(await waiting()).toEqual([]);
    await running;
    expect(await isDue()).toBe(true);
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    expect(await isDue()).toBe(false);
  });
});
