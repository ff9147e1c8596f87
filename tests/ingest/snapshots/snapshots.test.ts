import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { getProvider } from '#lib/connectors/registry.ts';
import { readBody } from '#lib/ingest/snapshots/store.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../../helpers/database.ts';
import { client, opportunity } from '../../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  const rows = {
    clients: Array.from({ length: 60 }, (_, index) => client(1 + index)),
    opportunities: [opportunity(1)],
  };
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'raw', webKey: 'CT_raw_key', accessToken: 'token-raw', rows })],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'raw', 'raw', { pageSize: 25 });
});
afterAll(() => sandbox.close());

const sync = () =>
  syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
interface Snapshot {
  sha256: Buffer;
  stream: string;
  external_ids: string[];
  pass_id: string;
}
const snapshots = () =>
  db.query<Snapshot>(
    `select sha256, stream, external_ids, pass_id from raw_snapshots order by received_at, page_no`,
  );
const bodyOf = (sha256: Buffer) =>
  readTenant(workspace.tenant.id, (tx) => readBody(tx, workspace.tenant.id, sha256));

describe('raw snapshots', () => {
  it('keep every response, from which the same items can be read again without a request', async () => {
    await sync();
    const provider = getProvider('clienttether');
    const kept = await snapshots();
    expect(kept.filter(({ stream }) => stream === 'clients').length).toBeGreaterThanOrEqual(3);
    for (const { sha256, stream, external_ids: ids } of kept) {
      const definition = provider.streams.find(({ name }) => name === stream);
      const items = definition?.parse((await bodyOf(sha256)) ?? '') ?? [];
      expect(
        items.map((item) => definition?.identify(item)),
        stream,
      ).toEqual(ids);
    }
    const seen = new Set(
      kept.filter(({ stream }) => stream === 'clients').flatMap(({ external_ids: ids }) => ids),
    );
    expect(seen.size).toBe(60);
  });

  it('keep a body that is the same as before once, and each response all the same', async () => {
    const [before] = await db.query<{ bodies: number }>(
      'select count(*)::int as bodies from raw_bodies',
    );
    const answers = (await snapshots()).length;
    await sync();
    const again = await snapshots();
    expect(again.length).toBeGreaterThan(answers);
    expect(new Set(again.map(({ pass_id: pass }) => pass)).size).toBeGreaterThanOrEqual(10);
    const [after] = await db.query<{ bodies: number }>(
      'select count(*)::int as bodies from raw_bodies',
    );
    // Envelopes alternate between two spellings, so that one and the same list has at most two
    // texts.
    expect(after?.bodies).toBeLessThanOrEqual(2 * (before?.bodies ?? 0));
    await sync();
    expect(
      (await db.query('select count(*)::int as bodies from raw_bodies'))[0]?.['bodies'],
    ).toBeLessThanOrEqual(2 * (before?.bodies ?? 0));
  });

  it('notice when a stored body was damaged', async () => {
    const [first] = await snapshots();
    await db.query(
      `update raw_bodies
       set compressed = (select compressed from raw_bodies where sha256 <> $1 limit 1)
       where sha256 = $1`,
      [first?.sha256],
    );
    await expect(bodyOf(first?.sha256 ?? Buffer.alloc(0))).rejects.toThrow(
      'does not match its digest',
    );
    expect(await bodyOf(Buffer.alloc(32))).toBeUndefined();
  });

  it('hold no credential', async () => {
    for (const { sha256 } of await snapshots())
      expect(await bodyOf(sha256).catch(() => '')).not.toMatch(/CT_raw_key|token-raw/);
  });
});
