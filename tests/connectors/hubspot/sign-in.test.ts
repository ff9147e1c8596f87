import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type HubSpotSpec, type Sandbox } from '../../../sandbox/index.ts';
import { newId } from '#lib/platform/id.ts';
import { listConnections } from '#lib/connections/connections.ts';
import { finishAttempt } from '#lib/connections/oauth/code-flow/finish.ts';
import { beginAttempt, startRedirect } from '#lib/connections/oauth/code-flow/start.ts';
import { getSignIn } from '#lib/connections/oauth/sign-in-queries.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../../helpers/database.ts';
import { NOW, portalSpec } from './harness.ts';
import { expectSameHubSpot } from './truth.ts';

const db = useDatabase();
const app = { clientId: 'app-4411', clientSecret: 'secret-of-the-app-4411' };
let sandbox: Sandbox;
let tenantId: string;
let userId: string;
let count = 0;

async function begin(spec: Partial<HubSpotSpec> = {}): Promise<void> {
  await sandbox?.close(0);
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ app, contacts: 12, ...spec })],
    now: NOW,
  });
  count += 1;
  tenantId = (await createTenant({ slug: `signed-in-${count}`, name: 'HubSpot' })).id;
  const { user } = await createUser({
    email: `admin@signed-in-${count}.test`,
    tenantSlug: `signed-in-${count}`,
    role: 'admin',
  });
  userId = user.id;
}
beforeEach(() => begin());
afterAll(() => sandbox.close(0));

/** Signs in as a person does who presses the button there; what they come back with. */
async function visit(secrets: Record<string, string> = app) {
  const { baseUrl } = sandbox.hubspot;
  const signInId = await startRedirect({
    tenantId,
    provider: 'hubspot',
    auth: 'oauth',
    label: 'Ours',
    settings: { baseUrl, loginUrl: baseUrl },
    secrets,
    requestedBy: userId,
  });
  const sessionId = newId();
  const address = await beginAttempt({ tenantId, sessionId, providerKey: 'hubspot', signInId });
  const answer = await fetch(`${address}&consent=`, { redirect: 'manual' });
  const location = answer.headers.get('location');
  const finish = () =>
    finishAttempt({
      tenantId,
      userId,
      sessionId,
      providerKey: 'hubspot',
      search: new URL(location ?? '').search,
    });
  return { address: new URL(address), status: answer.status, finish, signInId };
}

async function connect(): Promise<string> {
  const { finish } = await visit();
  expect(await finish()).toMatchObject({ isConnected: true });
  return (await listConnections(tenantId))[0]?.id ?? '';
}

const sync = (connectionId: string) => syncConnection({ tenantId, connectionId, trigger: 'cli' });

describe('signing in to HubSpot', () => {
  it('asks for its scopes, and connects the account that was chosen there', async () => {
    const { address, finish } = await visit();
    expect(address.pathname).toBe('/hubspot/oauth/authorize');
    expect(address.searchParams.get('scope')?.split(' ')).toEqual([
      'oauth',
      'crm.objects.contacts.read',
      'crm.objects.companies.read',
      'crm.objects.deals.read',
    ]);
    expect(address.searchParams.get('optional_scope')).toContain('crm.objects.leads.read');
    expect(address.href).not.toContain(app.clientSecret);
    expect(await finish()).toMatchObject({ isConnected: true });
    const [connection] = await listConnections(tenantId);
    expect(await sync(connection?.id ?? '')).toMatchObject({ status: 'success' });
    expect(await expectSameHubSpot(db, sandbox, 'portal', tenantId)).toBeGreaterThan(40);
    const paths = sandbox.log.entries().map(({ path }) => path);
    expect(paths.filter((path) => path.includes('token'))).toEqual(['/hubspot/oauth/v1/token']);
  });

  it.each([false, true])(
    'is renewed, also when refresh tokens are replaced: %s',
    async (rotates) => {
      await begin({ rotates });
      const id = await connect();
      expect(await sync(id)).toMatchObject({ status: 'success' });
      for (const _turn of [1, 2]) {
        sandbox.hubspot.desk.expire('portal');
        sandbox.clock.shift(7_200_000);
        expect(await sync(id)).toMatchObject({ status: 'success', errorMessage: null });
      }
    },
  );

  it('asks to sign in again when the app was uninstalled', async () => {
    const id = await connect();
    sandbox.hubspot.desk.uninstall('portal');
    const report = await sync(id);
    expect(report).toMatchObject({ status: 'failed' });
    expect(report.errorMessage).toMatch(/HubSpot/);
    expect(report.errorMessage).not.toMatch(/private app/);
    const [connection] = await listConnections(tenantId);
    expect(connection?.status).not.toBe('active');
  });

  it('does without what an account does not grant, but not without contacts', async () => {
    await begin({ denied: ['crm.objects.leads.read'] });
    const id = await connect();
    expect(await sync(id)).toMatchObject({ status: 'success' });
    await begin({ denied: ['crm.objects.contacts.read'] });
    expect(await visit()).toMatchObject({ status: 400 });
  });

  it('says that the secret is wrong, or that the code was used before', async () => {
    const wrong = await visit({ ...app, clientSecret: 'other' });
    expect(await wrong.finish()).toMatchObject({ isConnected: false });
    expect((await getSignIn(tenantId, wrong.signInId)).message).toMatch(/invalid_client/);
    const { finish } = await visit();
    await finish();
    await expect(finish()).rejects.toThrow(/already used/);
    expect(await listConnections(tenantId)).toHaveLength(1);
  });
});
