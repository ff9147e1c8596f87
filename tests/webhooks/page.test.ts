import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { credentials, orgSpec } from '../connectors/salesforce/harness.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';

/* The pages and the addresses of webhooks as they are built for production. */

allowForLoad();
const db = useDatabase();
const page = '/w/north/settings/connections';
let sandbox: Sandbox;
let web: Web;
let ann: WebClient;
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    orgs: [],
    portals: [],
    partners: [],
    salesforce: [orgSpec({ leads: 1 })],
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  for (const role of ['admin', 'member'] as const)
    await createUser({ email: `${role}@north.test`, password, tenantSlug: 'north', role });
  web = await startWeb(db.url);
  ann = await web.signIn('admin@north.test');
  const made = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: { baseUrl: sandbox.salesforce.baseUrl },
    secrets: credentials,
  });
  connectionId = made.id;
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close(0);
});

const text = async (client: WebClient) => (await client.fetch(page)).text();
const addressIn = (html: string) =>
  /http[^<\s]*\/api\/webhooks\/salesforce\/[^<\s]+/.exec(html)?.[0]?.replaceAll('&amp;', '&');

it('an admin makes an address, enters it at the system, and its messages are acknowledged', async () => {
  const before = await text(ann);
  expect([addressIn(before), before]).toEqual([
    undefined,
    expect.stringContaining('Make an address first') as string,
  ]);
  const form = { intent: 'webhook-address', connection: connectionId };
  expect((await ann.postForm(page, form)).status).toBe(303);
  const address = addressIn(await text(ann)) ?? '';
  const lead = { object: 'Lead', id: '00Q000000000001EAA' };
  const deliver = (url: string) => sandbox.salesforce.outbound.deliver('org', url, [lead]);
  expect(await deliver(address)).toEqual([{ status: 200, acknowledged: true }]);
  expect(await text(ann)).toContain('The last change was reported at');
  expect(await db.query('select event from webhook_deliveries')).toEqual([{ event: 'Lead' }]);

  const wrong = await fetch(address.slice(0, -1), { method: 'POST', body: '<a/>' });
  expect([wrong.status, wrong.headers.get('content-type')]).toEqual([
    401,
    expect.stringContaining('json') as string,
  ]);
  const token = new URL(address).searchParams.get('token') ?? 'none';
  expect((await ann.fetch('/w/north/settings/audit')).status).toBe(200);
  expect(await (await ann.fetch('/w/north/settings/audit')).text()).not.toContain(token);

  const member = await web.signIn('member@north.test');
  expect((await member.postForm(page, form)).status).not.toBe(303);
  expect(await text(member)).not.toContain(token);
  expect(await deliver(address)).toEqual([{ status: 200, acknowledged: true }]);
});

it('the state of a registration is on the page, in words', async () => {
  const made = await createConnection({
    tenantId,
    provider: 'partner-center',
    settings: { clientId: 'partner-app' },
    secrets: { clientSecret: 'partner-secret', refreshToken: 'partner-consent' },
  });
  expect(await text(ann)).toContain('Not registered.');
  const store = (state: string) =>
    db.query(
      `insert into event_subscriptions (tenant_id, connection_id, state, reason)
       values ($1, $2, $3, 'It did not answer.')
       on conflict (tenant_id, connection_id) do update set state = excluded.state`,
      [tenantId, made.id, state],
    );
  await store('failed');
  expect(await text(ann)).toContain('Failed: It did not answer.');
  await store('unverified');
  expect(await text(ann)).toContain('Unverified: Partner Center');
  await store('registered');
  expect(await text(ann)).toContain('Registered: Partner Center');
});
