/*
 * A connection to a Partner Center sandbox, and fresh referrals in both, for tests of changes.
 */
import { afterAll, beforeAll } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';

export const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
export const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
export const one = 'GET v1.0/engagements/referrals/:id';
export const patch = 'PATCH v1.0/engagements/referrals/:id';
export const by = '00000000-0000-4000-8000-000000000001';
export let sandbox: Sandbox;
export let tenantId: string;
export let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 30,
        countedOn: now,
      },
    ],
    now,
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const { baseUrl, loginUrl } = sandbox.partnerCenter;
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings: { baseUrl, loginUrl, clientId: credentials.clientId },
      secrets: { clientSecret: credentials.clientSecret, refreshToken: credentials.refreshToken },
    })
  ).id;
});
afterAll(() => sandbox.close(0));

interface Raw {
  id: string;
  status: string;
  substatus: string;
}
export const atSource = (id: string) =>
  (sandbox.partnerCenter.truth('partner').referrals as Raw[]).find((raw) => raw.id === id);
export const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
export const trail = () =>
  db.query<{
    outcome: string;
    status: number | null;
    wanted: object;
    requested_by: string;
    request: object;
    response: { customerProfile?: { name: string } } | null;
    message: string | null;
  }>(
    `select outcome, status, wanted, requested_by, request, response, message
     from write_backs
     order by id`,
  );
export const done = (status: string, substatus: string) => ({
  outcome: 'done',
  state: { status, substatus },
});
export const requests = (endpoint: string) =>
  sandbox.log
    .entries()
    .filter((entry) => entry.endpoint === endpoint)
    .map(({ status }) => status);
let count = 0;

/** A new referral, known here; returns its id at the source and ours. */
export async function fresh(
  row: Record<string, unknown> = {},
): Promise<{ externalId: string; id: string }> {
  count += 1;
  const externalId = `fresh-${count}`;
  sandbox.clock.shift(1000);
  sandbox.partnerCenter.mutate('partner', {
    changes: [
      {
        op: 'add',
        row: {
          id: externalId,
          status: 'New',
          substatus: 'Received',
          updatedDateTime: new Date(sandbox.clock.now()).toISOString(),
          ...row,
        },
      },
    ],
  });
  await sync();
  await db.query('truncate write_backs');
  await db.query('delete from rate_budgets');
  await db.query('delete from circuits');
  await db.query(`delete from pgboss.job where name = 'write-back'`);
  sandbox.log.clear();
  sandbox.faults.disarm();
  const [found] = await db.query<{ id: string }>(
    'select id from referrals where external_id = $1',
    [externalId],
  );
  return { externalId, id: found?.id ?? '' };
}
