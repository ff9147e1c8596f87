import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { saveCheckedMapping } from '#lib/mappings/save.ts';
import { selectMapping } from '#lib/mappings/store.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { addLeads, eventsOf, org, push, pushOf, pushStage, type PushStage } from './stage.ts';

const db = useDatabase();
const migration = 'drizzle/0024_record_roles.sql';
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [], partners: [], orgs: [org] });
  stage = await pushStage(db, sandbox);
});
afterAll(() => sandbox.close());

/** What the release before called the two roles that have other names now. */
const olderName = (key: string) =>
  `regexp_replace(regexp_replace(${key}, '^company(\\.|$)', 'account\\1'),
    '^deal(\\.|$)', 'opportunity\\1')`;

it('reads what the release before kept by the tables of one CRM', async () => {
  const [leadId = ''] = await addLeads(stage, [{ score: 90 }]);
  await push(stage, [leadId]);
  const { connectionId, tenantId } = stage;
  const { fields } = await readTenant(tenantId, (tx) => selectMapping(tx, tenantId, connectionId));
  const [user] = await db.query<{ id: string }>('select id from users limit 1');
  await saveCheckedMapping(tenantId, connectionId, fields, 0, user?.id ?? tenantId);
  await db.query(
    `insert into push_conflicts (tenant_id, id, push_id, field)
     select tenant_id, id, id, 'deal.@record' from pushes`,
  );
  const read = async () => [
    await pushOf(stage, leadId),
    (await eventsOf(stage, leadId)).map(({ step }) => step),
    await db.query('select made from pushes'),
    await db.query('select field from push_conflicts'),
    await db.query('select fields from push_mappings'),
    await db.query('select metadata from push_targets'),
  ];
  await db.query(`update pushes set made = '{"deal": {"id": "x", "version": "W/1"}}'`);
  const now = await read();
  await makeOlder();
  expect(await read()).not.toEqual(now);
  const statements = readFileSync(migration, 'utf8').split('--> statement-breakpoint');
  for (const statement of statements.filter((each) => /^\s*UPDATE/.test(each)))
    await db.query(statement);
  expect(await read()).toEqual(now);
});

async function makeOlder(): Promise<void> {
  await db.query(
    `update pushes set
       remote_ids = (select jsonb_object_agg(${olderName('key')}, value)
                     from jsonb_each(remote_ids)),
       base = (select jsonb_object_agg(${olderName('key')}, value) from jsonb_each(base)),
       made = '{"opportunity": {"id": "x", "etag": "W/1"}}'`,
  );
  await db.query(`update push_events set step = ${olderName('step')}`);
  await db.query(`update push_conflicts set field = ${olderName('field')}`);
  await db.query(
    `update push_mappings set fields = (
       select jsonb_agg((field - 'role') || jsonb_build_object('table', ${olderName("field ->> 'role'")})
         order by place)
       from jsonb_array_elements(fields) with ordinality as each (field, place))`,
  );
  await db.query(
    `update push_targets set metadata = jsonb_build_object('tables', (
       select jsonb_object_agg(${olderName('key')}, value - 'label')
       from jsonb_each(metadata -> 'objects')))`,
  );
}
