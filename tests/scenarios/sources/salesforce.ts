import { startSandbox, type SalesforceChange } from '../../../sandbox/index.ts';
import type { Random } from '../../../sandbox/kit/random.ts';
import { createConnection } from '../../../src/lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { lead } from '../../connectors/salesforce/harness.ts';
import { expectSameSalesforce } from '../../connectors/salesforce/truth.ts';
import type { SetStage } from './source.ts';

const app = { clientId: 'salesforce_app', clientSecret: 'salesforce-secret-0123' };
const minute = 60_000;

const salesforce: SetStage = async (db, slug) => {
  const org = {
    name: slug,
    label: slug,
    ...app,
    seed: slug,
    leads: 60,
    countedOn: Date.now(),
    pageRows: 20,
  };
  const sandbox = await startSandbox({ accounts: [], partners: [], orgs: [], salesforce: [org] });
  const { baseUrl, desk, mutate, truth } = sandbox.salesforce;
  const tenant = await createTenant({ slug, name: slug, timeZone: 'UTC' });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'salesforce',
    settings: { baseUrl, pageSize: 200, bulkPollMs: 10 },
    secrets: app,
  });
  const leads = () => (truth(slug, 'Lead')['Lead'] ?? []).map(({ Id }) => String(Id));
  const change = (ids: readonly string[]) =>
    ids.map((id): SalesforceChange => ({
      op: 'update',
      kind: 'Lead',
      id,
      row: { Title: `Changed ${sandbox.clock.now()}` },
    }));
  const live = (...changes: SalesforceChange[]) => mutate(slug, { changes }).ids;
  const listAllNext = () =>
    db.query(
      `update stream_states
       set full_at = now() - interval '25 hours'
       where tenant_id = $1 and full_at is not null`,
      [tenant.id],
    );
  const setBulk = (bulkAbove: number) =>
    db.query(
      `update connections
       set settings = settings || $2
       where tenant_id = $1`,
      [tenant.id, JSON.stringify({ bulkAbove, bulkPageSize: 15 })],
    );
  return {
    sandbox,
    workspace: { tenant, connection },
    endpoint: 'GET *',
    live: async (random: Random) => {
      const [made = ''] = live(lead({ LastName: 'Late' }));
      const rest = leads().filter((id) => id !== made);
      live(...change([random.pick(rest), random.pick(rest), made]));
      const gone = random.chance(0.5) ? random.pick(rest) : undefined;
      if (gone !== undefined) live({ op: 'delete', kind: 'Lead', id: gone });
      if (random.chance(0.7)) return 8;
      await listAllNext();
      return 20;
    },
    expectTruth: () => expectSameSalesforce(db, sandbox, slug, tenant.id),
    quirks: {
      'many changes in one second, over page edges': () =>
        void live(...change(leads().slice(0, 45))),
      'a lead that appears later than its time of change': () => {
        live(lead({ LastName: 'Hidden' }, minute));
        sandbox.clock.shift(2 * minute);
      },
      'a lead that is converted, and two that are merged': () => {
        const [one = '', two = '', three = ''] = live(lead(), lead(), lead());
        live(
          { op: 'convert', kind: 'Lead', id: one },
          { op: 'merge', kind: 'Lead', id: two, loser: three },
        );
      },
      'a first load by jobs, which is interrupted': async () => {
        await setBulk(5);
        await listAllNext();
        const results = 'GET services/data/:version/jobs/query/:job/results';
        sandbox.faults.arm({ kind: 'status', status: 502, endpoint: results, after: 2, next: 9 });
      },
      'a job that is given up': async () => {
        await listAllNext();
        sandbox.salesforce.org(slug).spec.jobs = { ends: 'Failed' };
      },
      'a token that ends in the middle': async () => {
        await setBulk(50_000);
        await listAllNext();
        sandbox.faults.arm({ kind: 'latency', ms: 20, endpoint: 'GET *', next: 15 });
        setTimeout(() => desk.expire(slug), 100);
      },
    },
  };
};
export default salesforce;
