import { startSandbox, type HubSpotChange } from '../../../sandbox/index.ts';
import type { Random } from '../../../sandbox/kit/random.ts';
import { createConnection } from '../../../src/lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { expectSameHubSpot } from '../../connectors/hubspot/truth.ts';
import type { SetStage } from './source.ts';

const token = 'pat-scenario-0123456789';
const minute = 60_000;

const hubspot: SetStage = async (db, slug) => {
  const portal = {
    name: slug,
    label: slug,
    token,
    portalId: 77,
    seed: slug,
    contacts: 30,
    countedOn: Date.now(),
    limits: { burst: 100_000, searches: 1_000 },
  };
  const sandbox = await startSandbox({ accounts: [], partners: [], orgs: [], portals: [portal] });
  const { baseUrl, truth, account } = sandbox.hubspot;
  const tenant = await createTenant({ slug, name: slug, timeZone: 'UTC' });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'hubspot',
    settings: { baseUrl, pageSize: 10 },
    secrets: { accessToken: token },
  });
  const mutate = (...changes: HubSpotChange[]) => sandbox.hubspot.mutate(slug, { changes }).ids;
  const contacts = () => (truth(slug, 'contacts')['contacts'] ?? []).map(({ id }) => id);
  const change = (ids: readonly string[], more: { at?: number; indexedAt?: number } = {}) =>
    ids.map((id): HubSpotChange => ({
      op: 'update',
      kind: 'contacts',
      id,
      properties: { city: `Changed ${sandbox.clock.now()}` },
      ...more,
    }));
  const add = (): HubSpotChange => ({
    op: 'add',
    kind: 'contacts',
    properties: { lastname: 'Late', lifecyclestage: 'lead' },
  });
  const listAllNext = () =>
    db.query(
      `update stream_states
       set full_at = now() - interval '25 hours'
       where tenant_id = $1 and full_at is not null`,
      [tenant.id],
    );
  return {
    sandbox,
    workspace: { tenant, connection },
    live: async (random: Random) => {
      const before = contacts();
      mutate(add(), ...change([random.pick(before), random.pick(before)]));
      if (random.chance(0.5)) {
        // What was about this contact keeps its association until everything is read again.
        const [made = ''] = mutate(add());
        mutate({ op: 'archive', kind: 'contacts', id: made });
      }
      if (random.chance(0.6)) return 18;
      await listAllNext();
      return 40;
    },
    expectTruth: () => expectSameHubSpot(db, sandbox, slug, tenant.id),
    quirks: {
      'many changes at one time, over page edges': () =>
        void mutate(...change(contacts().slice(0, 25), { at: sandbox.clock.now() })),
      'a change that searches find late': () => {
        const now = sandbox.clock.now();
        mutate(...change(contacts().slice(0, 3), { at: now - 20 * minute, indexedAt: now }));
      },
      'results out of order, and from before the time asked for': () => {
        Object.assign(account(slug).spec, { shuffles: true, slackMs: 500 });
        mutate(...change(contacts().slice(0, 25)));
      },
      'rows that are archived, merged, and restored': async () => {
        const [one = '', two = '', three = ''] = mutate(add(), add(), add());
        mutate(
          { op: 'archive', kind: 'contacts', id: one },
          { op: 'merge', kind: 'contacts', id: two, into: three },
          { op: 'restore', kind: 'contacts', id: one },
        );
      },
      'answers without their optional fields': async () => {
        Object.assign(account(slug).spec, { sparse: true });
        mutate(...change(contacts().slice(0, 25)));
        await listAllNext();
      },
    },
  };
};
export default hubspot;
