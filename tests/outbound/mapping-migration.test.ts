import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { saveMapping, loadMapping } from '#lib/mappings/store.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { labels, named, row } from './mapping-fields.ts';

const db = useDatabase();
const migration = 'drizzle/0028_push_mapping_schemas.sql';
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  tenantId = (await createTenant({ slug: 'older', name: 'Older' })).id;
  const settings = {
    baseUrl: 'http://127.0.0.1:9/',
    loginUrl: 'http://127.0.0.1:9/',
    tenantId: 'directory',
    clientId: 'app',
  };
  ({ id: connectionId } = await createConnection({
    tenantId,
    provider: 'dynamics-365',
    settings,
    secrets: { clientSecret: 'a-secret-0123' },
  }));
});

const older = (target: string, source: string, words?: Record<string, string>) => ({
  role: 'lead',
  target,
  source,
  rule: 'ask',
  ...(words && { labels: words }),
});

async function migrate(fields: readonly object[]): Promise<void> {
  await db.query(`delete from push_mappings`);
  await db.query(
    `insert into push_mappings (tenant_id, connection_id, version, fields) values ($1, $2, 1, $3)`,
    [tenantId, connectionId, JSON.stringify(fields)],
  );
  const statements = readFileSync(migration, 'utf8').split('--> statement-breakpoint');
  for (const statement of statements.filter((each) => /^\s*UPDATE/m.test(each)))
    await db.query(statement);
}

it('turns rows of every kind into entries of a schema, in their order', async () => {
  const words = {
    Contacted: 'In touch',
    __proto__: 'Odd',
    'Zoë "Z"': 'Ze\\d',
    10: 'Ten',
    9: 'Nine',
  };
  await migrate([
    older('lastname', 'lastName'),
    older('companyname', '=Tributary'),
    older('odd', '=="quoted" \\ text'),
    older('stage', 'status', words),
    older('none', 'segment', {}),
    older('fixed', '=New', { New: 'Old' }),
    older('size', 'score', { 1: 'Small' }),
    older('flag', 'isReferral', { true: 'Yes' }),
    older('gone', 'was here.once'),
    older('signs', 'a"b\\c]'),
    older('blank', ' x'),
    older('inherited', 'constructor'),
  ]);
  const text = [{ fn: 'text' }];
  expect(await loadMapping(tenantId, connectionId)).toMatchObject({
    overrides: null,
    note: null,
    fields: [
      named,
      row('companyname', '=Tributary'),
      row('odd', '=="quoted" \\ text'),
      row('stage', 'status', labels(words)),
      row('none', 'segment'),
      row('fixed', '=New'),
      row('size', 'score', { steps: [...text, ...labels({ 1: 'Small' }).steps] }),
      row('flag', 'isReferral', { steps: [...text, ...labels({ true: 'Yes' }).steps] }),
      row('gone', '["was here.once"]'),
      row('signs', '["a\\"b\\\\c]"]'),
      row('blank', '[" x"]'),
      row('inherited', ''),
    ],
  });
});

it('keeps all rows of an older version in force until the next one holds what differs', async () => {
  await migrate([older('lastname', 'lastName')]);
  const { fields, defaults } = await loadMapping(tenantId, connectionId);
  expect(fields).toEqual([named]);
  const own = [named, row('companyname', '=Ours')];
  expect(await saveMapping(tenantId, connectionId, own, 1, null)).toBe(2);
  const { fields: now, overrides } = await loadMapping(tenantId, connectionId);
  expect(now).toHaveLength(2);
  expect(now).toEqual(expect.arrayContaining(own));
  expect(overrides?.filter((change) => change.own !== null).map(({ target }) => target)).toEqual([
    'lead.companyname',
  ]);
  expect(overrides).toHaveLength(defaults.length - 1);
});

it('leaves a mapping without rows as it is', async () => {
  await migrate([]);
  expect((await loadMapping(tenantId, connectionId)).fields).toEqual([]);
});
