/*
 * An OAuth sandbox and a connection to it, anew for each test.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import {
  clientOf,
  connectOAuth,
  enteredSecrets,
  oauthProvider,
  startOAuthSandbox,
  type OAuthSandbox,
} from './oauth-stage.ts';

export const db = useDatabase();
export const provider = oauthProvider('refresh_token');
export let sandbox: OAuthSandbox;
export let tenantId: string;
export let connectionId: string;

beforeAll(async () => {
  tenantId = (await createTenant({ slug: 'acme', name: 'Acme' })).id;
});
beforeEach(async () => {
  await sandbox?.close(0);
  sandbox = await startOAuthSandbox({ textNumbers: true });
  connectionId = await connectOAuth(db, tenantId, enteredSecrets);
});
afterAll(async () => {
  await sandbox.close(0);
  await closeDatabase();
});

/** Connects the account with these secrets instead. */
export async function connectWith(secrets: Record<string, string>): Promise<void> {
  connectionId = await connectOAuth(db, tenantId, secrets);
}

/** Puts a sandbox of other rules in the place of the one that every test begins with. */
export async function replaceSandbox(rules: Parameters<typeof startOAuthSandbox>[0]) {
  await sandbox.close(0);
  sandbox = await startOAuthSandbox(rules);
}

export const client = () => clientOf(provider, sandbox.baseUrl, { tenantId, connectionId });
export const me = async (http = client()) =>
  (await http.request({ url: `${sandbox.baseUrl}me` })).status;
export const tokenCalls = () => sandbox.statuses('POST token').length;
export const rows = () =>
  db.query<{ name: string; version: number; lease: boolean }>(
    `select name, version, lease_owner is not null as lease
     from credentials
     where connection_id = $1
     order by name`,
    [connectionId],
  );
