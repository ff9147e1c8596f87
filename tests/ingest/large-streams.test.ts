import { afterAll, beforeAll, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;

beforeAll(async () => {
  const rows = {
    clients: [client(1)],
    notes: [{ id: '9001', contact_id: '1', content: 'Spoke', author: 'Ana', date: '2026-03-04' }],
  };
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({ name: 'large', webKey: 'CT_large', accessToken: 'token-large', rows }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
});
afterAll(() => sandbox.close());

/** Copies the rows of a table, each as often as there are numbers, under ids of their own. */
async function multiply(table: string, times: number, changes: Record<string, string>) {
  const columns = (
    await db.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [table],
    )
  ).map(({ name }) => name);
  const values = columns.map((name) => changes[name] ?? name);
  await db.query(`insert into ${table} (${columns.join(', ')})
    select ${values.join(', ')} from ${table}, generate_series(1, ${times}) as n`);
}

// Compared one by one these would be 400 million pairs, which no statement survives.
it('a pass over 20,000 rows compares them with 20,000 deleted parents within a statement', async () => {
  const { tenant, connection } = await createWorkspace(sandbox, 'large');
  const run = { tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' } as const;
  expect((await syncConnection(run)).status).toBe('success');
  const copies = 20_000;
  const id = 'uuidv7()';
  await multiply('leads', copies, { id, external_id: `'gone-' || n`, deleted_at: 'now()' });
  await multiply('notes', copies, {
    id,
    external_id: `'copy-' || n`,
    contact_id: `case when n > 5 then 'kept-' || n else 'gone-' || n end`,
  });
  const report = await syncConnection(run);
  expect([report.status, report.streams.find(({ stream }) => stream === 'notes')?.deleted]).toEqual(
    ['success', 5],
  );
});
