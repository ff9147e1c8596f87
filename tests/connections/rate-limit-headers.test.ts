import { describe, expect, it } from 'vitest';
import type { Limits } from '#lib/connectors/contract/limits.ts';
import { useDatabase } from '../helpers/database.ts';
import { budgetRows, connect, gateOf } from './rate-limit-stage.ts';

const db = useDatabase();
const rows = (connectionId: string) => budgetRows(db, connectionId);

describe('the headers of responses', () => {
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
