/*
 * A connection of its own to a Partner Center sandbox of its own, for each test.
 */
import { afterAll, beforeEach } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';

export const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
export const secrets = {
  clientSecret: credentials.clientSecret,
  refreshToken: credentials.refreshToken,
};
export let sandbox: Sandbox;
export let tenantId: string;
export let connectionId: string;
let count = 0;

beforeEach(async () => {
  await sandbox?.close(0);
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 260,
        countedOn: now,
        pageSize: 50,
      },
    ],
    now,
  });
  count += 1;
  tenantId = (await createTenant({ slug: `partner-${count}`, name: 'Partner' })).id;
  connectionId = (
    await createConnection({ tenantId, provider: 'partner-center', settings: settings(), secrets })
  ).id;
});
afterAll(() => sandbox.close(0));

export const settings = () => ({
  baseUrl: sandbox.partnerCenter.baseUrl,
  loginUrl: sandbox.partnerCenter.loginUrl,
  clientId: credentials.clientId,
});
export const sync = async (id = connectionId) => {
  const report = await syncConnection({ tenantId, connectionId: id, trigger: 'cli' });
  return { status: report.status, ...report.streams[0] };
};
export const tokenCalls = () =>
  sandbox.log.entries().filter(({ endpoint }) => endpoint === 'POST :tenant/oauth2/token').length;
