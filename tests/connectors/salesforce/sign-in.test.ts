import { afterAll, expect, it } from 'vitest';
import { startSandbox } from '../../../sandbox/index.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../../helpers/database.ts';
import {
  begin,
  comeBack,
  leave,
  people,
  tenants,
  useSignIn,
} from '../../connections/sign-in-stage.ts';
import { credentials, NOW, orgSpec } from './harness.ts';

const db = useDatabase();
useSignIn();
const sandbox = await startSandbox({
  accounts: [],
  partners: [],
  orgs: [],
  salesforce: [orgSpec({ leads: 5 })],
  now: NOW,
});
afterAll(() => sandbox.close(0));

/** What the sandbox answers to whoever opens the address of the sign-in. */
async function visit(address: string): Promise<URL> {
  const answer = await fetch(address, { redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '');
}

it('connects the organisation that a person signs in to, and renews the token from then on', async () => {
  const id = await begin(people.ann, 'acme', {
    intent: 'sign-in',
    provider: 'salesforce',
    auth: 'sign-in',
    label: 'Our Salesforce',
    baseUrl: sandbox.salesforce.baseUrl,
    'secret.clientId': credentials.clientId,
    'secret.clientSecret': credentials.clientSecret,
  });
  const address = new URL(await leave(id, people.ann, 'acme', 'salesforce'));
  expect(address.pathname).toBe('/salesforce/services/oauth2/authorize');
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    response_type: 'code',
    client_id: credentials.clientId,
    scope: 'api refresh_token',
    code_challenge_method: 'S256',
  });
  const path = await comeBack(await visit(address.href), people.ann, 'salesforce');
  expect(path).toContain('done=connect');
  const connection = (await listConnectionViews(tenants.acme.id)).find(
    ({ provider }) => provider === 'salesforce',
  );
  expect(connection).toMatchObject({
    label: 'Our Salesforce',
    baseUrl: sandbox.salesforce.baseUrl,
    authorization: { account: expect.stringMatching(/^00D\w{15}$/) as string, missing: [] },
  });
  const key = { tenantId: tenants.acme.id, connectionId: connection?.id ?? '' };
  expect(await syncConnection({ ...key, trigger: 'cli' })).toMatchObject({ status: 'success' });
  sandbox.salesforce.desk.expire('org');
  expect(await syncConnection({ ...key, trigger: 'cli' })).toMatchObject({ status: 'success' });
  const [row] = await db.query<{ count: number }>(
    'select count(*)::int as count from leads where tenant_id = $1',
    [tenants.acme.id],
  );
  expect(row?.count).toBe(5);
});

it('begins at the general login host where no address was entered', async () => {
  const id = await begin(people.ann, 'acme', {
    intent: 'sign-in',
    provider: 'salesforce',
    auth: 'sign-in',
    label: '',
    'secret.clientId': credentials.clientId,
    'secret.clientSecret': credentials.clientSecret,
  });
  const address = new URL(await leave(id, people.ann, 'acme', 'salesforce'));
  expect(address.origin + address.pathname).toBe(
    'https://login.salesforce.com/services/oauth2/authorize',
  );
});
