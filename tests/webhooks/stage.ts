/*
 * A connection to Partner Center with a web process that takes its webhooks, for one file of tests.
 */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { authority } from '../../sandbox/partner-center/authority.ts';
import type { DeliveryOptions, Notice } from '../../sandbox/partner-center/webhooks.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { resetConfig } from '../../src/lib/platform/config.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { startDoor } from './door.ts';

export const db = useDatabase();
export const now = Date.now();
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
const directory = mkdtempSync(path.join(tmpdir(), 'tributary-webhooks-'));
export let sandbox: Sandbox;
export let web: Awaited<ReturnType<typeof startDoor>>;
export let tenantId: string;
export let connectionId: string;
export let address: string;
/** A certificate in DER, as Microsoft's own file is one. */
export let derServer: Server;

beforeAll(async () => {
  const trustFile = path.join(directory, 'roots.pem');
  const { root, signer } = await authority();
  writeFileSync(trustFile, root);
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 20,
        countedOn: now,
      },
    ],
  });
  derServer = createServer((_request, response) =>
    response.end(new X509Certificate(signer.certificate).raw),
  ).listen(0, '127.0.0.1');
  web = await startDoor();
  Object.assign(process.env, { PUBLIC_URL: web.url, WEBHOOK_TRUST_FILE: trustFile });
  resetConfig();
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const { baseUrl, loginUrl, webhookUrl } = sandbox.partnerCenter;
  const settings = { baseUrl, loginUrl, webhookUrl, clientId: credentials.clientId };
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings,
      secrets: { clientSecret: credentials.clientSecret, refreshToken: credentials.refreshToken },
    })
  ).id;
  address = `${web.url}/api/webhooks/partner-center/${tenantId}/${connectionId}`;
  await syncConnection({ tenantId, connectionId, trigger: 'cli' });
});
afterAll(async () => {
  derServer?.close();
  web?.close();
  await sandbox?.close(0);
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await db.query('truncate webhook_deliveries');
  await db.query(`delete from pgboss.job where name = 'sync-connection'`);
});

export const desk = () => sandbox.partnerCenter.webhooks;
export const deliver = (notice: Notice, options: DeliveryOptions = {}) =>
  desk().deliver('partner', sandbox.url, notice, { url: address, ...options });
export const message = (notice: Notice, options?: DeliveryOptions) =>
  desk().message('partner', sandbox.url, notice, options);
export const post = (
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string | Uint8Array },
) => fetch(url, { method: 'POST', headers, body: body as BodyInit });
export const recorded = () =>
  db.query<{ event: string; resource_id: string; copies: number }>(
    `select event, resource_id, copies
     from webhook_deliveries
     where connection_id = $1
     order by received_at`,
    [connectionId],
  );
export const waiting = () =>
  db.query(`select 1 from pgboss.job where name = 'sync-connection' and state = 'created'`);
export const isDue = async () =>
  (await db.query('select 1 from connections where id = $1 and due_at <= now()', [connectionId]))
    .length === 1;
