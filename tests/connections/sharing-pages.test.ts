import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { NOW, portalSpec } from '../connectors/hubspot/harness.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { setApps } from './sign-in-stage.ts';

/** Forms without scripts, and syncs of HubSpot with refresh tokens that are good once. */
allowForLoad();
const db = useDatabase();
const app = { clientId: 'app-4411', clientSecret: 'secret-of-the-app-4411' };
const asPage = { headers: { accept: 'text/html' } };
const listOf = (slug: string) => `/w/${slug}/settings/connections`;
let sandbox: Sandbox;
let web: Web;
let agency: string;
let client: string;
let staff: WebClient;
let admin: WebClient;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ app, contacts: 3, rotates: true })],
    now: NOW,
  });
  setApps({ hubspot: app });
  agency = (await createTenant({ slug: 'agency', name: 'The Agency' })).id;
  client = (await createTenant({ slug: 'client', name: 'A Client' })).id;
  await createUser({ email: 'stella@agency.test', password, staff: true });
  await createUser({ email: 'carl@client.test', password, tenantSlug: 'client', role: 'admin' });
  web = await startWeb(db.url, { OAUTH_CLIENTS: JSON.stringify({ hubspot: app }) });
  staff = await web.signIn('stella@agency.test');
  admin = await web.signIn('carl@client.test');
});
afterAll(async () => {
  setApps(undefined);
  await web?.stop();
  await sandbox?.close(0);
});

const look = async (who: WebClient, path: string, status = 200): Promise<string> => {
  const response = await who.fetch(path, asPage);
  expect(response.status, path).toBe(status);
  return response.text();
};

/** From a form to the provider and back; where it ends. */
async function signIn(slug: string, fields: Record<string, string>): Promise<string | null> {
  const posted = await staff.postForm(listOf(slug), fields);
  const page = await look(staff, posted.headers.get('location') ?? '');
  const [, link = ''] = /href="(\/api\/integrations\/oauth\/authorize\/[^"]+)"/.exec(page) ?? [];
  const left = await staff.fetch(link.replaceAll('&amp;', '&').replaceAll('&#38;', '&'), asPage);
  const answer = await fetch(`${left.headers.get('location')}&consent=`, { redirect: 'manual' });
  const back = new URL(answer.headers.get('location') ?? '');
  return (await staff.fetch(back.pathname + back.search, asPage)).headers.get('location');
}

const only = async (tenantId: string) => {
  const [found] = await listConnectionViews(tenantId);
  if (found === undefined) throw new Error('no connection');
  return found;
};
const sync = async (tenantId: string) =>
  syncConnection({ tenantId, connectionId: (await only(tenantId)).id, trigger: 'cli' });
const leads = async () =>
  (
    await db.query<{ count: number }>(
      'select count(*)::int as count from contacts group by tenant_id order by tenant_id',
    )
  ).map(({ count }) => count);

describe('the page of connections', () => {
  it('lists the sign-ins of a workspace to its admins, and to staff those of another', async () => {
    const end = await signIn('agency', {
      intent: 'sign-in',
      provider: 'hubspot',
      auth: 'oauth',
      label: 'Agency portal',
      baseUrl: sandbox.hubspot.baseUrl,
      'setting.loginUrl': sandbox.hubspot.baseUrl,
    });
    expect(end).toBe(`${listOf('agency')}?done=connect`);
    expect(await look(staff, listOf('agency'))).toContain('Agency portal (account 4411)');
    const elsewhere = await look(staff, `${listOf('client')}?signInsOf=agency`);
    expect(elsewhere).toContain('Agency portal (account 4411)');
    expect(await look(staff, listOf('client'))).not.toContain('Agency portal');
    const own = await look(admin, listOf('client'));
    expect(own).not.toMatch(/Use an existing sign-in|signInsOf/);
    await look(admin, `${listOf('client')}?signInsOf=agency`, 404);
    await look(staff, `${listOf('client')}?signInsOf=nowhere`, 404);
  });

  it('connects with the chosen one, and tells the client no more than that', async () => {
    const { id } = await only(agency);
    const form = { intent: 'share', workspace: 'agency', authorization: id, label: 'CRM' };
    const forged = await admin.postForm(listOf('client'), form);
    expect(forged.status).toBeGreaterThanOrEqual(400);
    expect(await listConnectionViews(client)).toEqual([]);
    const shared = await staff.postForm(listOf('client'), form);
    expect(shared.headers.get('location')).toBe(`${listOf('client')}?done=share`);
    expect(await look(staff, `${listOf('client')}?done=share`)).toMatch(
      /uses the sign-in that you/,
    );
    const page = await look(admin, listOf('client'));
    expect(page).toMatch(/Uses the agency(&#39;|')s sign-in/);
    for (const word of [agency, id, 'Agency portal', '4411', 'value="sign-in-again"'])
      expect(page, word).not.toContain(word);
    expect(await look(staff, listOf('client'))).toContain('value="sign-in-again"');
    expect(await look(staff, listOf('agency'))).toContain('Another connection uses this sign-in.');
  });

  it('and syncs of both at once renew one grant by turns', async () => {
    for (let round = 0; round < 3; round += 1) {
      sandbox.hubspot.desk.expire('portal');
      const reports = await Promise.all([sync(agency), sync(client)]);
      expect(reports.map(({ status }) => status)).toEqual(['success', 'success']);
    }
    expect(await leads()).toEqual([3, 3]);
  });

  it('leads staff from the client to one sign-in that mends both', async () => {
    sandbox.hubspot.desk.uninstall('portal');
    await sync(client);
    for (const tenantId of [agency, client])
      expect((await only(tenantId)).status).toBe('needs_reconnect');
    expect(await look(admin, listOf('client'))).toMatch(/The agency\s+has to sign in again/);
    const { id } = await only(client);
    const refused = await admin.postForm(listOf('client'), {
      intent: 'sign-in-again',
      connection: id,
    });
    expect(refused.status).toBe(403);
    expect(await signIn('client', { intent: 'sign-in-again', connection: id })).toBe(
      `${listOf('agency')}?done=connect`,
    );
    for (const tenantId of [agency, client]) {
      expect((await only(tenantId)).status).toBe('active');
      expect((await sync(tenantId)).status).toBe('success');
    }
  });

  it('lets the client stop', async () => {
    const { id } = await only(client);
    const stopped = await admin.postForm(listOf('client'), {
      intent: 'stop-using',
      connection: id,
    });
    expect(stopped.headers.get('location')).toBe(`${listOf('client')}?done=stop-using`);
    const page = await look(admin, listOf('client'));
    expect(page).toMatch(/no longer uses the sign-in/);
    expect(page).toContain('value="sign-in-again"');
    expect(page).not.toContain('4411');
    expect((await sync(agency)).status).toBe('success');
  });
});
