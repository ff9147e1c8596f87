import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { until } from '../helpers/processes.ts';
import { budgetRows, connect, gateOf, type Owner } from './rate-limit-stage.ts';
import { startCrowd, type Crowd } from './workers/crowd.ts';
import { limitedServer } from './workers/limited-server.ts';

allowForLoad();
const db = useDatabase();
const size = 8;
let crowd: Crowd;

beforeAll(async () => {
  crowd = await startCrowd(db.url, size);
});
afterAll(() => crowd.stop());

const rows = (connectionId: string) => budgetRows(db, connectionId);
/** Puts the beginning of a window back, as if so many seconds had passed. */
const age = ({ connectionId }: Owner, window: string, seconds: number) =>
  db.query(
    `update rate_budgets set started_at = started_at - $3 * interval '1 second'
     where connection_id = $1 and "window" = $2`,
    [connectionId, window, seconds],
  );
/** Whether a window has ended by the clock that counts, the database's. */
const isOver = async ({ connectionId }: Owner, window: string, seconds: number) =>
  (
    await db.query(
      `select 1 from rate_budgets
       where connection_id = $1 and "window" = $2
         and started_at + $3 * interval '1 second' < clock_timestamp()`,
      [connectionId, window, seconds],
    )
  ).length > 0;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

describe('a window that eight processes share', () => {
  it('gives out no more than it holds, nearly all of it, and names its end', async () => {
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
        new RegExp(
          '^All requests that The source allows in a day are used up. ' +
            String.raw`We will continue automatically at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$`,
        ),
      ) as string,
    });
  });

  it('takes from all windows or none, and goes on when the short one begins anew', async () => {
    const owner = await connect();
    const windows = [
      { name: 'burst', seconds: 3600, requests: 20 },
      { name: 'daily', seconds: 86_400, requests: 70 },
    ];
    const given: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      // An hour passes in the row that all share; no process remembers the one before.
      await age(owner, 'burst', 3600);
      const results = await crowd.all(() => ({
        kind: 'enter',
        ...owner,
        windows,
        requests: 20,
        concurrency: 2,
        forget: true,
      }));
      given.push(sum(results.map(({ passed }) => passed)));
      expect(new Set(results.flatMap(({ failures }) => failures))).toEqual(
        new Set(['rate_limited unsent']),
      );
    }
    expect(given).toEqual([20, 20, 20, 10]);
    const [, burst, daily] = await rows(owner.connectionId);
    expect([burst, daily]).toMatchObject([{ used: 10 }, { used: 70 }]);
  });

  it('that is empty is waited for until it begins anew', async () => {
    const owner = await connect();
    const gate = gateOf(owner, { windows: [{ name: 'burst', seconds: 1, requests: 1 }] });
    await gate.enter();
    const first = (await rows(owner.connectionId))[1];
    await gate.enter();
    const second = (await rows(owner.connectionId))[1];
    expect([first?.used, second?.used]).toEqual([1, 1]);
    expect(second?.started_at.getTime()).toBeGreaterThanOrEqual(
      (first?.started_at.getTime() ?? 0) + 1000,
    );
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
    await until('the window is over', () => isOver(owner, 'burst', 1));
    const second = await windowAfter();
    expect(second?.used).toBe(10);
    expect(second?.started_at.getTime()).toBeGreaterThanOrEqual(
      (first?.started_at.getTime() ?? 0) + 1000,
    );
  });

  it('keeps a source content that enforces its limit: 95 % of requests are of use', async () => {
    const owner = await connect();
    // The windows of the source are a second shorter than declared: so long the request that begins
    // one may take to arrive. Then the sixteen under way at the end of a window are all that can be
    // refused of its 400, however fast the machine is.
    const server = await limitedServer({ seconds: 2, requests: 400 });
    const results = await crowd.all(() => ({
      kind: 'fetch',
      url: server.url,
      ...owner,
      windows: [{ name: 'burst', seconds: 3, requests: 400 }],
      requests: 125,
      concurrency: 2,
    }));
    await server.close();
    const { served, refused } = server.counts();
    expect(served + refused).toBe(size * 125);
    expect(sum(results.map(({ passed }) => passed))).toBe(served);
    expect(results.flatMap(({ failures }) => failures)).toEqual(
      Array.from({ length: refused }, () => 'rate_limited'),
    );
    expect(served / (served + refused), `${refused} refused`).toBeGreaterThanOrEqual(0.95);
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
    // Sixty seconds from the answer, which was there a moment before its pause was written.
    const pausedMs = (all?.blocked_until?.getTime() ?? 0) - (all?.started_at.getTime() ?? 0);
    expect(pausedMs).toBeLessThanOrEqual(60_000);
    expect(pausedMs).toBeGreaterThan(45_000);
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

  it('is not begun by other failures; without a time it grows in the shared row', async () => {
    const owner = await connect();
    for (const outcome of [
      { failure: 'transient', status: 503 },
      { failure: 'auth', status: 401 },
      { status: 200 },
    ] as const)
      await gateOf(owner, {}).leave(outcome);
    expect(await rows(owner.connectionId)).toEqual([]);
    for (let time = 0; time < 3; time += 1) {
      // Strikes count together for sixty times so long, twelve seconds, after a pause.
      const gate = gateOf(owner, {}, { firstPauseMs: 200 });
      await gate.enter();
      await gate.leave({ failure: 'rate_limited', status: 429 });
    }
    expect(await rows(owner.connectionId)).toMatchObject([{ window: 'all', used: 3 }]);
  });
});
