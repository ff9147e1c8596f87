/*
 * Connections to Salesforce with a web process that takes their outbound messages, for one file of
 * tests.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { createWebhookAddress } from '#lib/webhooks/inbound/address.ts';
import { credentials, orgSpec } from '../connectors/salesforce/harness.ts';
import { useDatabase } from '../helpers/database.ts';
import { startDoor } from './door.ts';

export const db = useDatabase();
const other = { clientId: 'consumer_key_2', clientSecret: 'secret-of-the-app-2' };
export let sandbox: Sandbox;
export let north: Place;
export let south: Place;
let web: Awaited<ReturnType<typeof startDoor>>;

export interface Place {
  tenantId: string;
  connectionId: string;
}

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [],
    salesforce: [orgSpec({ leads: 3 }), orgSpec({ name: 'other', seed: 'other', ...other })],
  });
  web = await startDoor();
  process.env['PUBLIC_URL'] = web.url;
  resetConfig();
  north = await connect('north', credentials);
  south = await connect('south', other);
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

/** A workspace with a connection that has an address for messages. */
async function connect(slug: string, secrets: Record<string, string>): Promise<Place> {
  const tenantId = (await createTenant({ slug, name: slug })).id;
  const { baseUrl } = sandbox.salesforce;
  const made = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: { baseUrl },
    secrets,
  });
  await createWebhookAddress(tenantId, made.id);
  return { tenantId, connectionId: made.id };
}

/** The address as the settings page shows it. */
export async function addressOf({ tenantId, connectionId }: Place): Promise<string> {
  const views = await listConnectionViews(tenantId);
  return views.find(({ id }) => id === connectionId)?.webhook.address ?? '';
}

export const outbound = () => sandbox.salesforce.outbound;

export const post = (
  address: string,
  { headers, body }: { headers: Record<string, string>; body: string },
) => fetch(address, { method: 'POST', headers, body });

export const recorded = () =>
  db.query<{ event: string; resource_id: string | null; copies: number }>(
    'select event, resource_id, copies from webhook_deliveries order by key',
  );

/** How often syncs of the connection were asked for outside the schedule. */
export const wakes = async ({ connectionId }: Place) => {
  const rows = await db.query<{ wakes: number }>('select wakes from connections where id = $1', [
    connectionId,
  ]);
  return rows[0]?.wakes;
};
