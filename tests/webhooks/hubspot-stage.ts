/*
 * Connections to HubSpot by signing in, with a web process that takes their webhooks, for one file
 * of tests.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection, listConnections } from '#lib/connections/connections.ts';
import { finishAttempt } from '#lib/connections/oauth/code-flow/finish.ts';
import { beginAttempt, startRedirect } from '#lib/connections/oauth/code-flow/start.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { newId } from '#lib/platform/id.ts';
import { portalSpec } from '../connectors/hubspot/harness.ts';
import { useDatabase } from '../helpers/database.ts';
import { startDoor } from './door.ts';

export const db = useDatabase();
export const app = { clientId: 'app-4411', clientSecret: 'secret-of-the-app-4411' };
const otherApp = { clientId: 'app-9922', clientSecret: 'secret-of-the-app-9922' };
const token = 'pat-webhooks-0123456789';
export const portalId = 4_411;
export let sandbox: Sandbox;
export let web: Awaited<ReturnType<typeof startDoor>>;
export let north: Place;
export let south: Place;

export interface Place {
  tenantId: string;
  connectionId: string;
  address: string;
}

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [
      portalSpec({ app, contacts: 12 }),
      portalSpec({ name: 'other', token: 'pat-other', portalId: 9_922, app: otherApp }),
    ],
  });
  web = await startDoor();
  process.env['PUBLIC_URL'] = web.url;
  resetConfig();
  north = await connect('north', app);
  south = await connect('south', otherApp);
});
afterAll(async () => {
  web?.close();
  await sandbox?.close(0);
});
beforeEach(async () => {
  await db.query('truncate webhook_deliveries');
  await db.query(`delete from pgboss.job where name = 'sync-connection'`);
  await db.query(`update connections set due_at = now() + interval '1 hour', wakes = 0`);
});

const toPlace = (tenantId: string, connectionId: string): Place => ({
  tenantId,
  connectionId,
  address: `${web.url}/api/webhooks/hubspot/${tenantId}/${connectionId}`,
});

/** Signs a new workspace in; without `entered`, with the app of the deployment. */
export async function connect(slug: string, entered: Record<string, string>): Promise<Place> {
  const tenantId = (await createTenant({ slug, name: slug })).id;
  const email = `admin@${slug}.test`;
  const { user } = await createUser({ email, tenantSlug: slug, role: 'admin' });
  const { baseUrl } = sandbox.hubspot;
  const signInId = await startRedirect({
    tenantId,
    provider: 'hubspot',
    auth: 'oauth',
    label: 'Ours',
    settings: { baseUrl, loginUrl: baseUrl },
    secrets: entered,
    requestedBy: user.id,
  });
  const attempt = { tenantId, sessionId: newId(), providerKey: 'hubspot' };
  const consent = await beginAttempt({ ...attempt, signInId });
  const answer = await fetch(`${consent}&consent=`, { redirect: 'manual' });
  const { search } = new URL(answer.headers.get('location') ?? '');
  await finishAttempt({ ...attempt, userId: user.id, search });
  const [connection] = await listConnections(tenantId);
  await syncConnection({ tenantId, connectionId: connection?.id ?? '', trigger: 'cli' });
  return toPlace(tenantId, connection?.id ?? '');
}

/** A connection of the same workspace by the token of a private app. */
export async function connectByToken(tenantId: string): Promise<Place> {
  const { baseUrl } = sandbox.hubspot;
  const secrets = { accessToken: token };
  const made = await createConnection({
    tenantId,
    provider: 'hubspot',
    settings: { baseUrl },
    secrets,
  });
  return toPlace(tenantId, made.id);
}

export const webhooks = () => sandbox.hubspot.webhooks;

/** Sends one delivery; what became of it. */
export async function post(
  address: string,
  { headers, body }: { headers: Record<string, string>; body: string | Uint8Array },
): Promise<{ status: number; received: unknown }> {
  const response = await fetch(address, { method: 'POST', headers, body: body as BodyInit });
  const answer = (await response.json()) as { received?: unknown };
  return { status: response.status, received: answer.received };
}

export const recorded = () =>
  db.query<{ event: string; resource_id: string; copies: number }>(
    'select event, resource_id, copies from webhook_deliveries order by key',
  );
export const waiting = async () =>
  (await db.query(`select 1 from pgboss.job where name = 'sync-connection'`)).length;
/** How often syncs of the connection were asked for outside the schedule. */
export const wakes = async ({ connectionId }: Place) => {
  const rows = await db.query<{ wakes: number }>('select wakes from connections where id = $1', [
    connectionId,
  ]);
  return rows[0]?.wakes;
};
