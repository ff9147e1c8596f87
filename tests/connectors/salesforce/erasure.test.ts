import { afterAll, expect, it } from 'vitest';
import { startSandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { verifyBodies } from '#lib/ingest/snapshots/verify.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { useDatabase } from '../../helpers/database.ts';
import { findTraces, person } from '../../privacy/stage.ts';
import { credentials, lead, NOW, orgSpec } from './harness.ts';

const db = useDatabase();
const sandbox = await startSandbox({
  accounts: [],
  partners: [],
  orgs: [],
  salesforce: [orgSpec()],
  now: NOW,
});
afterAll(() => sandbox.close(0));

it('takes an erased person out of results of jobs, and leaves their other rows readable', async () => {
  const named = { FirstName: person.first, LastName: person.last };
  const [erased = '', second = '', third = ''] = sandbox.salesforce.mutate('org', {
    changes: [
      lead({ ...named, Email: person.email, Phone: person.phone, Company: 'Quill Works' }),
      lead({ Email: 'someone@else.example' }),
      lead({ Description: `Was sent here by ${person.email}` }),
    ],
  }).ids;
  sandbox.salesforce.mutate('org', {
    changes: [{ op: 'add', kind: 'Task', row: { Subject: 'Call', WhoId: erased } }],
  });
  const { id: tenantId } = await createTenant({ slug: 'erasure', name: 'Erasure' });
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: {
      baseUrl: sandbox.salesforce.baseUrl,
      bulkAbove: 0,
      bulkPollMs: 10,
    },
    secrets: credentials,
  });
  const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
  await sync();
  expect((await findTraces(db, tenantId)).length).toBeGreaterThan(3);

  const erasure = await requestErasure(tenantId, { email: person.email }, { runsHere: true });
  await runErasure(tenantId, erasure);
  expect(await findTraces(db, tenantId)).toEqual([]);
  expect((await verifyBodies(tenantId)).damagedBodies).toBe(0);

  const ids = async () => {
    const rows = await db.query<{ id: string }>(
      `select external_id as id from leads
       where tenant_id = $1 and deleted_at is null
       union all select external_id from scheduled_activities
       where tenant_id = $1 and deleted_at is null`,
      [tenantId],
    );
    return rows.map(({ id }) => id).toSorted();
  };
  expect(await ids()).toEqual([second, third].toSorted());
  await db.query('truncate leads, scheduled_activities cascade');
  const replayed = await replayConnection({ tenantId, connectionId, trigger: 'replay' });
  expect(replayed.status).toBe('success');
  expect(await ids()).toEqual([second, third].toSorted());
  await db.query(`update stream_states set full_at = null where tenant_id = $1`, [tenantId]);
  expect(await sync()).toMatchObject({ status: 'success' });
  expect(await ids()).toEqual([second, third].toSorted());
  expect(await findTraces(db, tenantId)).toEqual([]);
});
