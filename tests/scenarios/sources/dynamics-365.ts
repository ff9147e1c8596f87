import { startSandbox } from '../../../sandbox/index.ts';
import type { Random } from '../../../sandbox/kit/random.ts';
import { createConnection } from '../../../src/lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { expectSameDynamics } from '../../connectors/dynamics-365/truth.ts';
import { lead } from '../../sandbox/dynamics-rows.ts';
import type { SetStage } from './source.ts';

const app = {
  tenant: 'directory-1',
  clientId: 'dynamics-app',
  clientSecret: 'dynamics-secret-0123',
};
/** Lists and definitions of all tables. */
const endpoint = 'GET *';

const dynamics365: SetStage = async (db, slug) => {
  const org = { name: slug, label: slug, ...app, seed: slug, leads: 60, countedOn: Date.now() };
  const sandbox = await startSandbox({ accounts: [], partners: [], orgs: [org] });
  const { baseUrl, loginUrl, desk, mutate, truth } = sandbox.dynamics365;
  const tenant = await createTenant({ slug, name: slug, timeZone: 'UTC' });
  const settings = {
    baseUrl,
    loginUrl,
    tenantId: app.tenant,
    clientId: app.clientId,
    pageSize: 10,
  };
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'dynamics-365',
    settings,
    secrets: { clientSecret: app.clientSecret },
  });
  const leads = () => (truth(slug, 'lead')['lead'] ?? []).map(({ leadid }) => String(leadid));
  const change = (ids: readonly string[]) =>
    ids.map((id) => ({
      op: 'update' as const,
      kind: 'lead' as const,
      id,
      row: { subject: `Changed ${sandbox.clock.now()}` },
    }));
  const listAllNext = () =>
    db.query(
      `update stream_states
       set full_at = now() - interval '25 hours'
       where tenant_id = $1 and full_at is not null`,
      [tenant.id],
    );
  const lateIn = 9 * 86_400_000;
  return {
    sandbox,
    workspace: { tenant, connection },
    endpoint,
    live: async (random: Random) => {
      const [made = ''] = mutate(slug, { changes: [lead({ lastname: 'Late' })] }).ids;
      const rest = leads().filter((id) => id !== made);
      mutate(slug, {
        changes: [
          ...change([random.pick(rest), random.pick(rest), made]),
          ...(random.chance(0.5)
            ? [{ op: 'delete' as const, kind: 'lead' as const, id: random.pick(rest) }]
            : []),
        ],
      });
      if (random.chance(0.7)) return 6;
      await listAllNext();
      return 25;
    },
    expectTruth: () => expectSameDynamics(db, sandbox, slug, tenant.id),
    quirks: {
      'many changes in one second, over page edges': () =>
        void mutate(slug, { changes: change(leads().slice(0, 45)) }),
      'rows that come and go, and come again': () => {
        const [id = ''] = mutate(slug, { changes: [lead({})] }).ids;
        mutate(slug, {
          changes: [
            { op: 'delete', kind: 'lead', id },
            { ...lead({}), op: 'add', id } as ReturnType<typeof lead>,
          ],
        });
        mutate(slug, { changes: [{ op: 'delete', kind: 'lead', id: leads()[0] ?? '' }] });
      },
      'delta links that are too old': () => sandbox.clock.shift(lateIn),
      'a token that ends in the middle': async () => {
        await listAllNext();
        sandbox.faults.arm({ kind: 'latency', ms: 20, endpoint, next: 15 });
        setTimeout(() => desk.expire(slug), 100);
      },
    },
  };
};
export default dynamics365;
