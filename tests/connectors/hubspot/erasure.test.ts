import { afterAll, expect, it } from 'vitest';
import { startSandbox, type HubSpotChange } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { useDatabase } from '../../helpers/database.ts';
import { findTraces, person } from '../../privacy/stage.ts';
import { NOW, portalSpec, TOKEN } from './harness.ts';

const db = useDatabase();
const sandbox = await startSandbox({
  accounts: [],
  partners: [],
  orgs: [],
  portals: [portalSpec({ contacts: 6 })],
  now: NOW,
});
afterAll(() => sandbox.close(0));

const mutate = (...changes: HubSpotChange[]) =>
  sandbox.hubspot.mutate('portal', { changes }).ids[0] ?? '';
/** A page is put together from several responses, of which each can name the person. */
it('forgets a person in every response that pages are put together from', async () => {
  const { id: tenantId } = await createTenant({ slug: 'erased', name: 'Erased' });
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'hubspot',
    settings: { baseUrl: sandbox.hubspot.baseUrl },
    secrets: { accessToken: TOKEN },
  });
  const { first: firstname, last: lastname, email, phone } = person;
  const names = { firstname, lastname, email, phone };
  const contact = mutate({
    op: 'add',
    kind: 'contacts',
    properties: { ...names, lifecyclestage: 'lead' },
  });
  const links = [{ kind: 'contacts' as const, id: contact }];
  const about = (kind: 'leads' | 'notes' | 'tasks' | 'deals', properties: Record<string, string>) =>
    mutate({ op: 'add', kind, properties, links });
  about('leads', { hs_lead_name: person.name });
  about('notes', { hs_note_body: `Spoke to ${person.name}` });
  about('tasks', {
    hs_task_subject: `Call ${person.name}`,
    hs_timestamp: new Date(NOW).toISOString(),
  });
  const deal = about('deals', { dealname: `Deal of ${person.name}`, dealstage: 'contractsent' });
  const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
  await sync();
  expect((await findTraces(db, tenantId)).length).toBeGreaterThan(8);
  expect(
    await runErasure(tenantId, await requestErasure(tenantId, { email }, { runsHere: true })),
  ).toBe(true);
  expect(await findTraces(db, tenantId)).toEqual([]);
  sandbox.clock.shift(7_200_000);
  mutate(
    { op: 'update', kind: 'contacts', id: contact, properties: { city: 'Zug' } },
    { op: 'update', kind: 'deals', id: deal, properties: { amount: '5' } },
  );
  expect(await sync()).toMatchObject({ status: 'success' });
  await db.query(`update stream_states set full_at = null where tenant_id = $1`, [tenantId]);
  expect(await sync()).toMatchObject({ status: 'success' });
  await replayConnection({ tenantId, connectionId, trigger: 'replay' });
  expect(await findTraces(db, tenantId)).toEqual([]);
  expect(
    await db.query('select name from opportunities where tenant_id = $1 and external_id = $2', [
      tenantId,
      deal,
    ]),
  ).toEqual([{ name: 'Deal of [erased]' }]);
}, 120_000);
