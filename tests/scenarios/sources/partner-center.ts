import { startSandbox } from '../../../sandbox/index.ts';
import type { Random } from '../../../sandbox/kit/random.ts';
import { createConnection } from '../../../src/lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { expectSameItems } from '../../helpers/truth.ts';
import type { SetStage } from './source.ts';

const secrets = { clientSecret: 'partner-secret-0123', refreshToken: 'partner-consent-0123' };
const endpoint = 'GET v1.0/engagements/referrals';
const minute = 60_000;

const partnerCenter: SetStage = async (db, slug) => {
  const partner = {
    name: slug,
    label: slug,
    clientId: 'partner-app',
    ...secrets,
    seed: slug,
    referrals: 130,
    countedOn: Date.now(),
    pageSize: 20,
  };
  const sandbox = await startSandbox({ accounts: [], partners: [partner] });
  const { baseUrl, loginUrl, desk, mutate, truth } = sandbox.partnerCenter;
  const tenant = await createTenant({ slug, name: slug, timeZone: 'UTC' });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'partner-center',
    settings: { baseUrl, loginUrl, clientId: partner.clientId },
    secrets,
  });
  const workspace = { tenant, connection };
  const rows = () => (truth(slug)['referrals'] ?? []) as { id: string; eTag?: string }[];
  // Lists show no eTag; only a referral that is asked for alone has one.
  const listed = () => rows().map(({ eTag: _tag, ...row }) => row);
  const changed = (ids: readonly { id: string }[], row: object = {}) =>
    ids.map(({ id }) => ({
      op: 'update',
      id,
      row: { name: `Changed ${sandbox.clock.now()}`, ...row },
    }));
  const at = (agoMs: number) => new Date(Date.now() - agoMs).toISOString();
  const listAllNext = () =>
    db.query(
      `update stream_states set full_at = now() - interval '25 hours' where tenant_id = $1`,
      [tenant.id],
    );
  return {
    sandbox,
    workspace,
    endpoint,
    live: async (random: Random) => {
      mutate(slug, {
        changes: [{ op: 'add', row: {} }, ...changed([random.pick(rows()), random.pick(rows())])],
      });
      if (random.chance(0.3)) return 1;
      await listAllNext();
      return 6;
    },
    expectTruth: () => expectSameItems(db, 'referrals', workspace, listed(), 'id'),
    quirks: {
      'same time over a page edge': () =>
        void mutate(slug, { changes: changed(rows().slice(0, 50), { updatedDateTime: at(0) }) }),
      'an older row that shows late': () =>
        void mutate(slug, {
          changes: [{ op: 'add', row: { id: 'late', updatedDateTime: at(10 * minute) } }],
        }),
      'a row that shows later than the look-back': async () => {
        mutate(slug, {
          changes: changed(rows().slice(-1), { updatedDateTime: at(48 * 60 * minute) }),
        });
        await listAllNext();
      },
      'a token that ends in the middle': async () => {
        await listAllNext();
        sandbox.faults.arm({ kind: 'latency', ms: 40, endpoint, next: 7 });
        setTimeout(() => desk.expire(slug), 100);
      },
    },
  };
};
export default partnerCenter;
