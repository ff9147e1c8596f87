import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { NOW, portalSpec, TOKEN } from '../../connectors/hubspot/harness.ts';
import { useDatabase } from '../../helpers/database.ts';
import { find, findAll, parseHtml, readText } from '../../helpers/html.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../../helpers/web.ts';

/* Objects of an account on the page of incoming fields, without JavaScript. */

allowForLoad();
const db = useDatabase();
const object = 'p4411_sites';
let sandbox: Sandbox;
let web: Web;
let admin: WebClient;
let tenantId: string;
let connectionId: string;
let path: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ defined: [object] })],
    now: NOW,
  });
  sandbox.hubspot.mutate('portal', {
    changes: [{ op: 'add', kind: object, properties: { site_name: 'Ford', town: 'Denver' } }],
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const settings = { baseUrl: sandbox.hubspot.baseUrl };
  const secrets = { accessToken: TOKEN };
  connectionId = (await createConnection({ tenantId, provider: 'hubspot', settings, secrets })).id;
  for (const role of ['admin', 'viewer'] as const)
    await createUser({ email: `${role}@north.test`, password, tenantSlug: 'north', role });
  web = await startWeb(db.url);
  admin = await web.signIn('admin@north.test');
  path = `/w/north/settings/incoming?connection=${connectionId}&stream=companies`;
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close(0);
});

const send = async (fields: Record<string, string>, client = admin) => {
  const response = await client.postForm(path, fields);
  return { response, html: parseHtml(await response.text()) };
};
const read = async (address = path) => parseHtml(await (await admin.fetch(address)).text());
const cardOf = (html: Awaited<ReturnType<typeof read>>) => readText(find(html, '#objects'));

describe('the objects of an account', () => {
  it('are looked for, added, shown as another tab, and removed with a warning', async () => {
    expect(cardOf(await read())).toContain('Look for objects');
    const found = await send({ intent: 'find-objects' });
    expect(found.response.status).toBe(200);
    expect(cardOf(found.html)).toMatch(/Franchise site\s*p4411_sites · 1\d fields/);
    expect(await db.query('select 1 from connection_streams')).toEqual([]);

    const added = await send({ intent: 'add-object', object, entity: 'lead' });
    expect(added.response.status).toBe(303);
    const address = added.response.headers.get('location') ?? '';
    const tab = await read(address);
    expect(readText(find(tab, 'main'))).toContain('Its records arrive with the next sync.');
    const paths = findAll(find(tab, 'datalist'), 'option');
    const town = paths.find(({ attributes }) => attributes['value'] === 'properties.town');
    expect(town && readText(town)).toContain('City · text');

    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    const card = cardOf(await read(address));
    expect(card).toContain('1 record');
    expect(card).toContain('Deletes 1 record here for good');
    const removed = await send({ intent: 'remove-object', stream: `object:${object}` });
    expect(removed.response.status).toBe(303);
    expect(cardOf(await read())).toContain('Its records are being deleted.');
    expect(await db.query(`select name from pgboss.job where name = 'remove-object'`)).toHaveLength(
      1,
    );
  });

  it('are not added by a name that the account does not have', async () => {
    const { response, html } = await send({
      intent: 'add-object',
      object: 'other',
      entity: 'lead',
    });
    expect(response.status).toBe(404);
    expect(readText(find(html, 'main'))).toContain('The account does not have this object');
  });

  it('are no business of viewers', async () => {
    const viewer = await web.signIn('viewer@north.test');
    const { response } = await send({ intent: 'find-objects' }, viewer);
    expect(response.status).toBe(403);
  });

  it('have a button beside them that asks for all fields of a stream', async () => {
    const html = await read();
    const fields = Object.fromEntries(
      findAll(find(html, 'main'), 'input').flatMap(({ attributes: { name, value } }) =>
        name === undefined ? [] : [[name, value ?? '']],
      ),
    );
    const { response, html: after } = await send({ ...fields, intent: 'describe' });
    expect(response.status).toBe(200);
    const paths = findAll(find(after, 'datalist'), 'option');
    expect(paths.map(({ attributes }) => attributes['value'])).toContain('properties.industry');
  });
});
