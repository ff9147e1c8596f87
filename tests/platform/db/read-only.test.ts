import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCancellable, withCancellation } from '#lib/platform/db/cancel.ts';
import { openDatabase, type DatabaseHandle, type Tx } from '#lib/platform/db/pool.ts';
import { readOnly } from '#lib/platform/db/read-only.ts';
import { useDatabase } from '../../helpers/database.ts';

const db = useDatabase();
/** Has one connection, so that whatever one transaction leaves behind meets the next one. */
let handle: DatabaseHandle;

beforeAll(async () => {
  handle = openDatabase({ url: db.url, size: 1, applicationName: 'read-only' });
  handle.pool.on('connect', makeCancellable);
  await db.query('create table shelf (book text)');
});
afterAll(() => handle.close());

const setting = `set local app.tenant_id = 'shown'`;
const read = <T>(work: (tx: Tx) => Promise<T>) => readOnly(handle.db, setting, work);
const one = async (tx: Tx, text: string): Promise<unknown> =>
  Object.values((await tx.execute(sql.raw(text))).rows[0] ?? {})[0];

describe('a read-only transaction', () => {
  it('answers each of the statements that were sent at once, under its settings', async () => {
    const answers = await read((tx) =>
      Promise.all([
        one(tx, `select current_setting('app.tenant_id')`),
        one(tx, 'select 2'),
        one(tx, 'show transaction_isolation'),
        one(tx, 'show transaction_read_only'),
      ]),
    );
    expect(answers).toEqual(['shown', 2, 'repeatable read', 'on']);
    const { rows } = await handle.pool.query(`select current_setting('app.tenant_id', true) as it`);
    expect(rows, 'the setting ends with the transaction').toEqual([{ it: '' }]);
  });

  it('sees one moment, although others write meanwhile', async () => {
    const counts = await read(async (tx) => {
      const before = await one(tx, 'select count(*)::int from shelf');
      await db.query(`insert into shelf values ('new')`);
      return [before, await one(tx, 'select count(*)::int from shelf')];
    });
    expect(counts).toEqual([0, 0]);
  });

  it('refuses to write', async () => {
    await expect(read((tx) => one(tx, `insert into shelf values ('x')`))).rejects.toThrow();
    expect(await read((tx) => one(tx, 'select 1'))).toBe(1);
  });

  it('fails with the first of its statements that does, and leaves the connection usable', async () => {
    const failing = read((tx) =>
      Promise.all([one(tx, 'select 1'), one(tx, 'select 1 / 0'), one(tx, 'select 3')]),
    );
    await expect(failing).rejects.toMatchObject({ cause: { message: 'division by zero' } });
    expect(await read((tx) => one(tx, 'select 1'))).toBe(1);
    expect(handle.pool.totalCount).toBe(1);
  });

  it('rolls back when the work between its statements fails', async () => {
    const reason = new Error('not ours');
    const failing = read(async (tx) => {
      await one(tx, 'select 1');
      throw reason;
    });
    await expect(failing).rejects.toBe(reason);
    expect(await one(handle.db as unknown as Tx, 'select txid_current_if_assigned()')).toBeNull();
    expect(handle.pool.totalCount).toBe(1);
  });

  it('is given up with all of its statements when nobody waits for it', async () => {
    const reason = new Error('nobody waits for it');
    const client = new AbortController();
    const reading = withCancellation(client.signal, () =>
      read((tx) => Promise.all([one(tx, 'select pg_sleep(3600)'), one(tx, 'select 2')])),
    );
    const outcome = expect(reading).rejects.toThrow();
    const asleep = `select 1 from pg_stat_activity
      where application_name = 'read-only' and state = 'active' and wait_event = 'PgSleep'`;
    await expect.poll(() => db.query(asleep), { timeout: 25_000 }).toHaveLength(1);
    client.abort(reason);
    await outcome;
    await expect.poll(() => db.query(asleep), { timeout: 25_000 }).toHaveLength(0);
    expect(await read((tx) => one(tx, 'select 1'))).toBe(1);
  });

  it('gives the connection back for what no pipeline can hold', async () => {
    await read((tx) => one(tx, 'select 1'));
    const client = await handle.pool.connect();
    expect(client.pipeline).toBe(false);
    client.release();
  });
});
