import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCancellable, withCancellation } from '#lib/platform/db/cancel.ts';
import { openDatabase, type DatabaseHandle } from '#lib/platform/db/pool.ts';
import { useDatabase } from '../../helpers/database.ts';

const db = useDatabase();
/** Has one connection, so that every query waits for the one before it. */
let handle: DatabaseHandle;

beforeAll(() => {
  handle = openDatabase({ url: db.url, size: 1, applicationName: 'cancelled' });
  handle.pool.on('connect', makeCancellable);
});
afterAll(() => handle.close());

const underWay = async () =>
  (
    await db.query(
      `select 1 from pg_stat_activity
       where application_name = 'cancelled' and state = 'active' and wait_event = 'PgSleep'`,
    )
  ).length;
const untilUnderWay = (count: number) => expect.poll(underWay, { timeout: 25_000 }).toBe(count);
const sleep = 'select pg_sleep(3600)';
const reason = new Error('nobody waits for it');

describe('cancelled work', () => {
  it('ends on the server with its reason, and leaves the pool usable', async () => {
    const client = new AbortController();
    const query = withCancellation(client.signal, () => handle.pool.query(sleep));
    const outcome = expect(query).rejects.toBe(reason);
    await untilUnderWay(1);
    client.abort(reason);
    await outcome;
    await untilUnderWay(0);
    expect((await handle.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('rolls its transaction back, also between two statements', async () => {
    await db.query('create table notices (text text)');
    const client = new AbortController();
    const transaction = withCancellation(client.signal, () =>
      handle.db.transaction(async (tx) => {
        await tx.execute(sql`insert into notices values ('first')`);
        client.abort(reason);
        await tx.execute(sql`insert into notices values ('second')`);
      }),
    );
    await expect(transaction).rejects.toThrow();
    expect((await handle.pool.query('select * from notices')).rows).toEqual([]);
  });

  it('sends no statement once it is cancelled', async () => {
    const cancelled = AbortSignal.abort(reason);
    const work = withCancellation(cancelled, () => handle.db.transaction(() => Promise.resolve()));
    await expect(work).rejects.toBe(reason);
    await expect(
      withCancellation(cancelled, () => handle.pool.query('create table never ()')),
    ).rejects.toBe(reason);
    expect(await db.query(`select to_regclass('never') as found`)).toEqual([{ found: null }]);
  });

  it('does not touch what waited for its connection', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const before = withCancellation(first.signal, () => handle.pool.query('select pg_sleep(0.2)'));
    const after = withCancellation(second.signal, () => handle.pool.query(sleep));
    const outcome = expect(after).rejects.toBe(reason);
    await before;
    await untilUnderWay(1);
    first.abort(new Error('somebody else'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await underWay()).toBe(1);
    second.abort(reason);
    await outcome;
  });
});
