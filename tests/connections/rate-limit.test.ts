import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rateGate, type RateGateOptions } from '#lib/connections/rate-limit/gate.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { newId } from '#lib/platform/id.ts';
import type { Limits } from '#lib/connectors/contract/limits.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { startCrowd, type Crowd } from './workers/crowd.ts';
import { limitedServer } from './workers/limited-server.ts';

const db = useDatabase();
const size = 8;
let tenant: Tenant;
let crowd: Crowd;

beforeAll(async () => {
  tenant = await createTenant({ slug: 'acme', name: 'Acme' });
  crowd = await startCrowd(db.url, size);
});
afterAll(() => crowd.stop());

async function connect() {
  const { id } = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets: { webKey: newId(), accessToken: newId() },
  });
  return { tenantId: tenant.id, connectionId: id };
}
const gateOf = (
  { tenantId, connectionId }: Awaited<ReturnType<typeof connect>>,
  limits: Partial<Limits>,
  options: RateGateOptions = {},
) => rateGate(tenantId, connectionId, { concurrency: 4, timeoutMs: 1000, ...limits }, options);
const rows = (connectionId: string) =>
  db.query<{
    window: string;
    used: number;
    ceiling: number | null;
    started_at: Date;
    blocked_until: Date | null;
  }>(
    'select "window", used, ceiling, started_at, blocked_until from rate_budgets where connection_id = $1 order by 1',
    [connectionId],
  );
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

describe('a window that eight processes share', () => {
  it('gives out no more than it holds, nearly all of it, and refuses the rest with the time of its end', async () => {
    const owner = await connect();
    const windows = [{ name: 'daily', seconds: 86_400, requests: 500 }];
    const results = await crowd.all(() => ({
      kind: 'enter',
      ...owner,
      windows,
      requests: 100,
      concurrency: 4,
    }));
    const passed = sum(results.map((result) => result.passed));
    expect(passed).toBeLessThanOrEqual(500);
    expect(passed).toBeGreaterThanOrEqual(475);
    expect(new Set(results.flatMap(({ failures }) => failures))).toEqual(
      new Set(['rate_limited unsent']),
    );
    const [, daily] = await rows(owner.connectionId);
    expect(daily?.used).toBe(500);
    const until = new Date((daily?.started_at.getTime() ?? 0) + 86_400_000);
    await expect(gateOf(owner, { windows }).enter()).rejects.toMatchObject({
      kind: 'rate_limited',
      until,
      unsent: true,
      message: expect.stringMatching(
        /^All requests that The source allows us in a day are used up\. Reading goes on by itself at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/,
      ) as string,
    });
  });

  it('takes from all windows or from none, and goes on when the short one begins anew', async () => {
    const owner = await connect();
    const windows = [
      { name: 'burst', seconds: 1, requests: 20 },
      { name: 'daily', seconds: 86_400, requests: 70 },
    ];
    const results = await crowd.all(() => ({
      kind: 'enter',
      ...owner,
      windows,
      requests: 20,
      concurrency: 2,
    }));
    expect(sum(results.map(({ passed }) => passed))).toBeLessThanOrEqual(70);
    expect(sum(results.map(({ passed }) => passed))).toBeGreaterThanOrEqual(66);
    const [, burst, daily] = await rows(owner.connectionId);
    expect(daily).toMatchObject({ window: 'daily', used: 70 });
    expect(burst?.used).toBeLessThanOrEqual(20);
  });

  it('takes units that were not used along when it ends', async () => {
    const owner = await connect();
    const gate = gateOf(owner, { windows: [{ name: 'burst', seconds: 1, requests: 200 }] });
    const windowAfter = async () => {
      await gate.enter();
      return (await rows(owner.connectionId))[1];
    };
    const first = await windowAfter();
    expect(first?.used).toBe(10);
    await sleep(1100);
    const second = await windowAfter();
    expect(second?.used).toBe(10);
    expect(second?.started_at.getTime()).toBeGreaterThanOrEqual(
      (first?.started_at.getTime() ?? 0) + 1000,
    );
  });

  it('keeps a source that enforces its limit content: at least 95 % of the requests are of use', async () => {
    const owner = await connect();
    const server = await limitedServer({ requests: 40, seconds: 1 });
    const results = await crowd.all(() => ({
      kind: 'fetch',
      url: server.url,
      ...owner,
      windows: [{ name: 'burst', seconds: 1, requests: 40 }],
      ms: 6000,
      concurrency: 2,
    }));
    await server.close();
    const { served, refused } = server.counts();
    expect(sum(results.map(({ passed }) => passed))).toBe(served);
    expect(
      served / (served + refused),
      `${served} served, ${refused} refused`,
    ).toBeGreaterThanOrEqual(0.95);
    expect(served, 'of the 240 or more that the limit allows').toBeGreaterThanOrEqual(120);
  });
});

describe('a pause', () => {
  it.each([
    ['without windows', undefined],
    ['with units in hand', [{ name: 'daily', seconds: 86_400, requests: 10_000 }]],
  ])('that one process is told of holds for all, %s', async (_, windows) => {
    const owner = await connect();
    const server = await limitedServer({ requests: 1_000_000, seconds: 1 });
    const fetching = {
      kind: 'fetch',
      url: server.url,
      ...owner,
      ...(windows && { windows }),
      maxWaitMs: 100,
    } as const;
    const before = await crowd.all(() => ({ ...fetching, requests: 3 }));
    expect(before.map(({ passed }) => passed)).toEqual(Array.from({ length: size }, () => 3));
    server.pauseFor(60);
    const [first] = [await crowd.one(0, { ...fetching, requests: 2 })];
    expect(first.failures).toEqual(['rate_limited', 'rate_limited unsent']);
    // So long a worker may rely on what it knows.
    await sleep(1100);
    const others = await crowd.all(() => ({ ...fetching, requests: 5 }));
    expect(new Set(others.flatMap(({ failures }) => failures))).toEqual(
      new Set(['rate_limited unsent']),
    );
    expect(server.counts().refused).toBe(1);
    await server.close();
    const [all] = await rows(owner.connectionId);
    expect(Math.abs((all?.blocked_until?.getTime() ?? 0) - Date.now() - 60_000)).toBeLessThan(
      15_000,
    );
  });

  it('is waited for when it is short, and refused at once when the signal fires', async () => {
    const owner = await connect();
    await gateOf(owner, {}).leave({
      failure: 'rate_limited',
      status: 429,
      until: new Date(Date.now() + 300),
    });
    const until = (await rows(owner.connectionId))[0]?.blocked_until ?? new Date(0);
    await gateOf(owner, {}).enter();
    expect(new Date().getTime()).toBeGreaterThanOrEqual(until.getTime());
    await gateOf(owner, {}).leave({
      failure: 'transient',
      status: 503,
      until: new Date(Date.now() + 10_000),
    });
    await expect(
      gateOf(owner, {}, { signal: AbortSignal.timeout(50) }).enter(),
    ).rejects.toMatchObject({
      kind: 'rate_limited',
      message: expect.stringContaining('asked us to slow down') as string,
    });
  });

  it('is not begun by other failures; without a time it grows in the row that all share', async () => {
    const owner = await connect();
    for (const outcome of [
      { failure: 'transient', status: 503 },
      { failure: 'auth', status: 401 },
      { status: 200 },
    ] as const)
      await gateOf(owner, {}).leave(outcome);
    expect(await rows(owner.connectionId)).toEqual([]);
    for (let time = 0; time < 3; time += 1) {
      const gate = gateOf(owner, {}, { firstPauseMs: 20 });
      await gate.enter();
      await gate.leave({ failure: 'rate_limited', status: 429 });
    }
    expect(await rows(owner.connectionId)).toMatchObject([{ window: 'all', used: 3 }]);
  });
});

describe('the headers of answers', () => {
  const limits: Partial<Limits> = {
    windows: [{ name: 'daily', seconds: 86_400, requests: 1000 }],
    readQuota: (headers) => [
      {
        window: 'daily',
        remaining: Number(headers['x-left']),
        ceiling: Number(headers['x-ceiling']),
      },
      { window: 'unknown', remaining: 0 },
    ],
  };
  const answer = (left: number, ceiling: number) => ({
    status: 200,
    headers: { 'x-left': String(left), 'x-ceiling': String(ceiling) },
  });

  it('lower what is left for everybody, and teach the ceiling', async () => {
    const owner = await connect();
    const gate = gateOf(owner, limits);
    await gate.enter();
    await gate.leave(answer(1, 200));
    expect(await rows(owner.connectionId)).toMatchObject([
      { window: 'all' },
      { window: 'daily', used: 199, ceiling: 200 },
    ]);
    await gate.leave(answer(150, 200));
    expect((await rows(owner.connectionId))[1]).toMatchObject({ used: 199 });
    await gateOf(owner, limits).enter();
    await expect(gateOf(owner, limits).enter()).rejects.toMatchObject({ kind: 'rate_limited' });
  });

  it('cost nothing while they say what is known', async () => {
    const owner = await connect();
    const gate = gateOf(owner, limits);
    await gate.enter();
    await gate.leave(answer(990, 1000));
    const [before] = await db.query<{ xmin: string }>(
      `select xmin::text from rate_budgets where connection_id = $1 and "window" = 'daily'`,
      [owner.connectionId],
    );
    for (let left = 989; left > 980; left -= 1) {
      await gate.enter();
      await gate.leave(answer(left, 1000));
    }
    expect(
      await db.query(
        `select xmin::text from rate_budgets where connection_id = $1 and "window" = 'daily'`,
        [owner.connectionId],
      ),
    ).toEqual([before]);
  });
});
