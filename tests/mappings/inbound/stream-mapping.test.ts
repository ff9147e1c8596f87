import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import type { FieldSchema, MappingSchema } from '#lib/conversion/schema/shape.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import {
  listStreamMappingVersions,
  restoreStreamMapping,
  saveStreamMapping,
  selectStreamMapping,
} from '#lib/mappings/inbound/versions.ts';
import { useDatabase } from '../../helpers/database.ts';
import { dryRun, replay } from '../../helpers/replay.ts';
import { client } from '../../helpers/rows.ts';
import { expectExactRollups } from '../../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;
let other: Workspace;

beforeAll(async () => {
  const clients = Array.from({ length: 30 }, (_, at) =>
    client(at + 1, { city: at % 2 === 0 ? 'Denver' : 'Boulder', territory: `Area ${at % 3}` }),
  );
  sandbox = await startSandbox({
    accounts: ['one', 'two'].map((name) =>
      rowsAccount({ name, webKey: `CT_${name}`, accessToken: `token-${name}`, rows: { clients } }),
    ),
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'one');
  other = await createWorkspace(sandbox, 'two');
  for (const each of [workspace, other]) await sync(each);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await db.query('delete from stream_mappings');
  await replay(workspace);
  sandbox.log.clear();
});

const sync = ({ tenant, connection }: Workspace) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
const keyOf = ({ tenant, connection }: Workspace) => ({
  tenantId: tenant.id,
  connectionId: connection.id,
  stream: 'clients',
});
const read = (each = workspace, version?: number) =>
  readTenant(each.tenant.id, (tx) => selectStreamMapping(tx, keyOf(each), 'USD', version));

/** The default mapping with some fields filled otherwise, or (null) not at all. */
async function change(fields: Record<string, Omit<FieldSchema, 'target'> | null>) {
  const { base } = await read();
  const kept = base.filter(({ target }) => !Object.hasOwn(fields, target));
  const own = Object.entries(fields).flatMap(([target, field]) =>
    field === null ? [] : [{ target, ...field }],
  );
  return [...kept, ...own];
}

const save = (schema: MappingSchema, basedOn = 0, each = workspace) =>
  saveStreamMapping(keyOf(each), { schema, basedOn, note: 'Territories', by: null });

const territory = { sources: ['territory'], steps: [{ fn: 'case', args: { to: 'upper' } }] };

const leadsOf = (each: Workspace, column: string) =>
  db.query<{ value: string; count: number }>(
    `select ${column} as value, count(*)::int as count from leads
     where tenant_id = $1 and deleted_at is null group by 1 order by 1`,
    [each.tenant.id],
  );

describe('a changed mapping', () => {
  it('is tried on everything stored, and a replay applies it without a request', async () => {
    const schema = await change({ state: territory });
    const tried = await dryRun(workspace, {
      stream: 'clients',
      draft: { stream: 'clients', schema },
    });
    expect(tried.streams[0]).toMatchObject({ changed: 30, rejected: 0, deleted: 0 });
    expect(await leadsOf(workspace, 'state')).toEqual([{ value: null, count: 30 }]);

    expect(await save(schema)).toBe(1);
    const report = await replay(workspace, { stream: 'clients' });
    expect(report.streams[0]).toMatchObject({ changed: 30, rejected: 0, deleted: 0 });
    expect(await leadsOf(workspace, 'state')).toEqual([
      { value: 'AREA 0', count: 10 },
      { value: 'AREA 1', count: 10 },
      { value: 'AREA 2', count: 10 },
    ]);
    expect(sandbox.log.entries()).toEqual([]);
    await expectExactRollups(db);
  });

  it('holds for what arrives from then on', async () => {
    await save(await change({ state: territory }));
    sandbox.clienttether.mutate('one', {
      changes: [
        {
          op: 'add',
          kind: 'clients',
          row: { firstName: 'Brand', lastName: 'New', territory: 'new' },
        },
      ],
    });
    await sync(workspace);
    const [lead] = await db.query(
      `select state, external_id from leads where tenant_id = $1 and name = 'Brand New'`,
      [workspace.tenant.id],
    );
    expect(lead).toMatchObject({ state: 'NEW' });
    sandbox.clienttether.mutate('one', {
      changes: [{ op: 'delete', kind: 'clients', id: String(lead?.['external_id']) }],
    });
    await sync(workspace);
  });

  it('puts a record aside with field, step and reason when a value cannot be used', async () => {
    const dealValue = { sources: ['city'], steps: [{ fn: 'trim' }, { fn: 'money' }] };
    const schema = await change({ dealValue });
    const tried = await dryRun(workspace, {
      stream: 'clients',
      draft: { stream: 'clients', schema },
    });
    const reason =
      '"Deal value" could not be filled (step 2 of the mapping). The value is not an amount, or ' +
      'could be read as two different ones.';
    expect([...(tried.streams[0]?.reasons ?? [])]).toEqual([[reason, 30]]);
    await save(schema);
    const report = await replay(workspace, { stream: 'clients' });
    expect(report.streams[0]).toMatchObject({ rejected: 30, deleted: 0 });
    expect(
      await db.query(
        `select reason, count(*)::int from record_errors
         where tenant_id = $1 and resolved_at is null group by 1`,
        [workspace.tenant.id],
      ),
    ).toEqual([{ reason, count: 30 }]);
    await restoreStreamMapping(keyOf(workspace), 0, 'a0000000-0000-4000-8000-000000000000');
    await replay(workspace, { stream: 'clients' });
    expect(await db.query(`select 1 from record_errors where resolved_at is null`)).toEqual([]);
  });

  it('takes the declared fallback instead', async () => {
    const field = { sources: ['city'], steps: [{ fn: 'money' }], fallback: '1.00' };
    await save(await change({ dealValue: field }));
    await replay(workspace, { stream: 'clients' });
    expect(await leadsOf(workspace, 'deal_value')).toEqual([{ value: '1.00', count: 30 }]);
  });

  it('changes nothing of another workspace, and cannot be written there', async () => {
    await save(await change({ state: territory }));
    await replay(other, { stream: 'clients' });
    expect(await leadsOf(other, 'state')).toEqual([{ value: null, count: 30 }]);
    const foreign = { ...keyOf(workspace), tenantId: other.tenant.id };
    await expect(
      saveStreamMapping(foreign, { schema: [], basedOn: 0, note: null, by: null }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      readTenant(other.tenant.id, (tx) => selectStreamMapping(tx, foreign, 'USD')),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('versions', () => {
  it('hold only what differs, so that the default moves on', async () => {
    await save(await change({ state: territory, city: null }));
    const { overrides, base, schema, version } = await read();
    expect([version, overrides.map(({ target, own }) => [target, own !== null])]).toEqual([
      1,
      [
        ['state', true],
        ['city', false],
      ].toSorted(([one], [two]) => order(base, one) - order(base, two)),
    ]);
    expect(schema).toHaveLength(base.length - 1);
  });

  it('are made of changes alone, and by one person at a time', async () => {
    const schema = await change({ state: territory });
    expect(await save(schema)).toBe(1);
    expect(await save(schema, 1)).toBe(1);
    await expect(save(await change({ city: null }), 0)).rejects.toMatchObject({ code: 'conflict' });
    const results = await Promise.allSettled([
      save(await change({ city: null }), 1),
      save(await change({ phone: null }), 1),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const { tenant } = workspace;
    expect(
      await readTenant(tenant.id, (tx) => listStreamMappingVersions(tx, keyOf(workspace), 9)),
    ).toMatchObject([
      { version: 2, note: 'Territories' },
      { version: 1, changed: 1 },
    ]);
  });

  it('are refused with each error beside its field, and nothing is kept', async () => {
    const schema = await change({
      name: null,
      dealValue: { sources: ['deal_size'], steps: [{ fn: 'trim' }] },
      city: { sources: ['city'], steps: [{ fn: 'shout' }] },
      constructor: { sources: [], steps: [] },
      favourite: { sources: ['city'], steps: [] },
    });
    await expect(save(schema)).rejects.toMatchObject({
      code: 'bad_request',
      details: expect.arrayContaining([
        expect.objectContaining({ target: 'name', step: null }),
        expect.objectContaining({ target: 'favourite', step: null }),
      ]),
    });
    await expect(
      save(await change({ city: { sources: ['city'], steps: [{ fn: 'shout' }] } })),
    ).rejects.toMatchObject({ details: [{ target: 'city', step: 1 }] });
    await expect(
      save(await change({ dealValue: { sources: ['deal_size'], steps: [{ fn: 'trim' }] } })),
    ).rejects.toMatchObject({ details: [{ target: 'dealValue' }] });
    expect(await db.query('select 1 from stream_mappings')).toEqual([]);
  });

  it('are in the audit log with what they changed', async () => {
    await save(await change({ state: territory }));
    const [entry] = await db.query<{ after: Record<string, unknown> }>(
      `select after from audit_events where action = 'mapping.changed'
       order by at desc, id desc limit 1`,
    );
    expect(entry?.after).toMatchObject({ stream: 'clients', version: 1, state: territory });
  });
});

describe('a field that was never asked for', () => {
  it('has everything read again, by a pass that begins later', async () => {
    const full = () =>
      db.query<{ full: boolean }>(
        `select full_at is not null as full from stream_states
         where tenant_id = $1 and stream = 'clients'`,
        [workspace.tenant.id],
      );
    await sync(workspace);
    expect(await full()).toEqual([{ full: true }]);
    await save(await change({ state: territory }));
    expect(await full()).toEqual([{ full: false }]);
    await sync(workspace);
    expect(await full()).toEqual([{ full: true }]);
    await save(await change({ state: { ...territory, steps: [] } }), 1);
    expect(await full()).toEqual([{ full: true }]);
  });
});

const order = (base: MappingSchema, name: unknown) =>
  base.findIndex(({ target }) => target === name);
