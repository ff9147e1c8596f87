import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/build.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { openConnection } from '#lib/connections/connections.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { readTokens } from '#lib/connections/oauth/store.ts';
import { getOAuthProvider } from '#lib/connections/oauth/token-endpoint.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { NOW, portalSpec } from '../connectors/hubspot/harness.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { password, WebClient } from '../helpers/web.ts';
import { secretSpellings, textsWith } from '../isolation/leaks.ts';

/** The whole way through the pages as they are built, with an app that the deployment has. */
allowForLoad();
const db = useDatabase();
const app = { clientId: 'app-4411', clientSecret: 'secret-of-the-app-4411' };
const list = '/w/acme/settings/connections';
const asPage = { headers: { accept: 'text/html' } };
let sandbox: Sandbox;
let web: TestProcess;
let origin = '';
let tenantId = '';
const pages: string[] = [];
const secrets: string[] = [app.clientSecret];

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ app, contacts: 3 })],
    now: NOW,
  });
  tenantId = (await createTenant({ slug: 'acme', name: 'Acme' })).id;
  for (const name of ['ann', 'andy'])
    await createUser({ email: `${name}@acme.test`, password, tenantSlug: 'acme', role: 'admin' });
  await ensureBuilt();
  web = startProcess('scripts/web.ts', db.url, {
    LOG_LEVEL: 'trace',
    PORT: '0',
    OAUTH_CLIENTS: JSON.stringify({ hubspot: app }),
  });
  await until('the web is ready', () => web.output().includes('web.ready'));
  origin = `http://localhost:${/"port":(\d+)/.exec(web.output())?.[1]}`;
});
afterAll(async () => {
  web?.child.kill('SIGTERM');
  await web?.exited;
  await sandbox?.close(0);
});

const enter = (name: string) => new WebClient(origin).signIn(`${name}@acme.test`, password);

async function look(client: WebClient, path: string, status = 200): Promise<string> {
  const response = await client.fetch(path, asPage);
  const text = await response.text();
  pages.push(text, ...response.headers.values());
  expect(response.status, path).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  return text;
}

/** From the form to the provider and its consent; the address that the person is sent back to. */
async function goThere(client: WebClient, fields: Record<string, string>): Promise<URL> {
  const posted = await client.postForm(list, fields);
  const page = await look(client, posted.headers.get('location') ?? '');
  const [, link = ''] = /href="(\/api\/integrations\/oauth\/authorize\/[^"]+)"/.exec(page) ?? [];
  const left = await client.fetch(link.replaceAll('&amp;', '&').replaceAll('&#38;', '&'), asPage);
  expect(left.status).toBe(303);
  const address = left.headers.get('location') ?? '';
  const answer = await fetch(`${address}&consent=`, { redirect: 'manual' });
  const back = new URL(answer.headers.get('location') ?? '');
  secrets.push(back.searchParams.get('code') ?? '', back.searchParams.get('state') ?? '');
  return back;
}
const pathOf = ({ pathname, search }: URL): string => pathname + search;
const form = () => ({
  intent: 'sign-in',
  provider: 'hubspot',
  auth: 'oauth',
  label: 'Our portal',
  baseUrl: sandbox.hubspot.baseUrl,
  'setting.loginUrl': sandbox.hubspot.baseUrl,
});

describe('the pages of a sign-in', () => {
  it('lead to the provider and back, and show what was granted', async () => {
    const ann = await enter('ann');
    const before = await look(ann, list);
    expect(before).toMatch(/value="sign-in"/);
    expect(before).toContain('id="connect-hubspot-oauth-label"');
    expect(before).not.toContain('connect-hubspot-oauth-client');
    const back = await goThere(ann, form());
    const returned = await ann.fetch(pathOf(back), asPage);
    expect([returned.status, returned.headers.get('location')]).toEqual([
      303,
      `${list}?done=connect`,
    ]);
    const page = await look(ann, `${list}?done=connect`);
    for (const words of ['Our portal', 'Permissions', 'crm.objects.contacts.read', 'Reconnect'])
      expect(page).toContain(words);
    const [connection] = await listConnectionViews(tenantId);
    const owner = { tenantId, connectionId: connection?.id ?? '' };
    const oauth = getOAuthProvider((await openConnection(tenantId, owner.connectionId)).provider);
    if (oauth === undefined) throw new Error('no OAuth');
    const tokens = await withTenant(tenantId, (tx) => readTokens(tx, oauth, owner));
    secrets.push(tokens.access?.token ?? '', tokens.secrets['refreshToken'] ?? '');
  });

  it('reconnect a connection, which stays the same one', async () => {
    const ann = await enter('ann');
    const [before] = await listConnectionViews(tenantId);
    sandbox.hubspot.desk.uninstall('portal');
    const back = await goThere(ann, { intent: 'sign-in-again', connection: before?.id ?? '' });
    expect((await ann.fetch(pathOf(back), asPage)).status).toBe(303);
    expect((await listConnectionViews(tenantId)).map(({ id }) => id)).toEqual([before?.id]);
  });

  it('refuse in words what is not the answer to an attempt of the session', async () => {
    const [ann, andy] = [await enter('ann'), await enter('andy')];
    const back = await goThere(ann, form());
    const refusal = await look(andy, pathOf(back), 400);
    expect(refusal).toMatch(/expired, was already used or was begun in another browser/);
    expect(await look(new WebClient(origin), pathOf(back), 401)).toMatch(/Sign in/);
    expect((await ann.fetch(pathOf(back))).status).toBe(303);
    expect(await look(ann, pathOf(back), 400)).toMatch(/Nothing was connected/);
    const { status, body } = await ann.json(pathOf(back));
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('bad_request')]);
  });

  it('say why nothing was connected, and lead to another attempt', async () => {
    const ann = await enter('ann');
    const back = await goThere(ann, form());
    back.searchParams.set('code', 'made-up-by-somebody');
    const returned = await ann.fetch(pathOf(back), asPage);
    const page = await look(ann, returned.headers.get('location') ?? '');
    expect(page).toMatch(/HubSpot did not accept the sign-in \(invalid_grant\)/);
    expect(page).toMatch(/Sign in at HubSpot again/);
    expect(await look(ann, list)).toContain('Waiting for sign-in');
    const denied = await goThere(ann, form());
    denied.searchParams.delete('code');
    denied.searchParams.set('error', 'access_denied');
    const declined = await ann.fetch(pathOf(denied), asPage);
    expect(await look(ann, declined.headers.get('location') ?? '')).toMatch(
      /declined to give access/,
    );
  });

  it('and logs, rows and jobs hold neither codes nor states, tokens or secrets', async () => {
    expect(new Set(secrets).size).toBeGreaterThan(10);
    const spellings = secrets.flatMap(secretSpellings);
    const log = web.output();
    expect(log).toContain('consent.refused');
    expect(spellings.filter((secret) => log.includes(secret))).toEqual([]);
    // An error page stands at the address that holds the code, which nobody else can use.
    expect(spellings.filter((secret) => pages.some((text) => text.includes(secret)))).toEqual([]);
    expect(await textsWith(db, spellings)).toEqual([]);
  });
});
