import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../../helpers/database.ts';
import { find, findAll, parseHtml, readText, type Element } from '../../helpers/html.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { client } from '../../helpers/rows.ts';
import { password, startWeb, type Web, type WebClient } from '../../helpers/web.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';

/* The page of incoming fields, as it is built for production, without JavaScript. */

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let web: Web;
let admin: WebClient;
let north: Workspace;
let south: Workspace;
let path: string;

beforeAll(async () => {
  const clients = [
    client(1, { city: 'Denver', territory: 'Front Range' }),
    client(2, { city: '<b>Boulder</b>', territory: 'Front Range' }),
    client(3, { territory: 'Plains' }),
  ];
  sandbox = await startSandbox({
    accounts: ['one', 'two'].map((name) =>
      rowsAccount({ name, webKey: `CT_${name}`, accessToken: `token-${name}`, rows: { clients } }),
    ),
  });
  north = await createWorkspace(sandbox, 'one', 'north');
  south = await createWorkspace(sandbox, 'two', 'south');
  for (const { tenant, connection } of [north, south])
    await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
  for (const role of ['admin', 'viewer'] as const)
    await createUser({ email: `${role}@north.test`, password, tenantSlug: 'north', role });
  web = await startWeb(db.url);
  admin = await web.signIn('admin@north.test');
  path = `/w/north/settings/incoming?connection=${north.connection.id}&stream=clients`;
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close(0);
});
beforeEach(() => db.query('delete from stream_mappings'));

const read = async (address = path) => parseHtml(await (await admin.fetch(address)).text());
const byId = (html: Element, id: string) => findAll(html, `#${id}`)[0];
const textOf = (html: Element, id: string) => readText(find(html, `#${id}`));

/** The form of the page as a browser sends it when nothing was touched. */
function fieldsOf(html: Element): Record<string, string> {
  const form = find(html, 'main');
  const entries = [
    ...findAll(form, 'input').map(({ attributes }) => [attributes['name'], attributes['value']]),
    ...findAll(form, 'textarea').map((area) => [area.attributes['name'], area.children.join('')]),
    ...findAll(form, 'select').map((select) => [
      select.attributes['name'],
      findAll(select, 'option').find(({ attributes }) => 'selected' in attributes)?.attributes[
        'value'
      ],
    ]),
  ];
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (name === undefined ? [] : [[name, value ?? '']])),
  ) as Record<string, string>;
}

/** The names of the inputs of one field begin with this. */
const prefixOf = (html: Element, target: string): string =>
  findAll(html, 'input')
    .find(({ attributes }) => attributes['value'] === target)
    ?.attributes['name']?.replace(/\.target$/, '') ?? '';

const send = async (fields: Record<string, string>, intent: string) => {
  const response = await admin.postForm(path, { ...fields, intent });
  return { response, html: parseHtml(await response.text()) };
};
const resultsOf = (html: Element, target: string) =>
  findAll(find(find(html, `#field-${target}`), 'ol'), 'li').map((each) =>
    readText(each).replace(/^Record \d: /, ''),
  );

/** The untouched form with the state filled from the territory. */
async function changed(): Promise<Record<string, string>> {
  const html = await read();
  return { ...fieldsOf(html), [`${prefixOf(html, 'state')}.source.0`]: 'territory' };
}

describe('the page of incoming fields', () => {
  it('shows each field on stored records, and is saved unchanged without a version', async () => {
    const html = await read();
    expect(resultsOf(html, 'city').toSorted()).toEqual(['<b>Boulder</b>', 'Denver', '–']);
    const paths = findAll(find(html, 'datalist'), 'option');
    const territory = paths.find(({ attributes }) => attributes['value'] === 'territory');
    expect(territory && readText(territory)).toContain('in 3 of 3');
    expect((await send(fieldsOf(html), 'save')).response.status).toBe(303);
    expect(await db.query('select 1 from stream_mappings')).toEqual([]);
  });

  it('shows a change before and after, tries it, and saves it with its reason', async () => {
    const fields = await changed();
    const checked = await send(fields, 'check');
    expect(resultsOf(checked.html, 'state')).toContain('– → Plains');
    expect(readText(checked.html)).toContain('Your changes are not saved yet.');
    const tried = await send(fields, 'try');
    expect(textOf(tried.html, 'dry-run')).toMatch(/Changed\s*3/);
    expect(await db.query('select 1 from stream_mappings')).toEqual([]);

    const saved = await send({ ...fields, note: 'Territories <sold>' }, 'rebuild');
    expect(saved.response.status).toBe(303);
    expect(await db.query('select version, note from stream_mappings')).toEqual([
      { version: 1, note: 'Territories <sold>' },
    ]);
    expect(
      await db.query(`select name from pgboss.job where name = 'replay' and state = 'created'`),
    ).toHaveLength(1);
    const after = await read();
    expect(textOf(after, 'history')).toContain('Territories <sold>');
    expect(textOf(after, 'field-state')).toContain('Changed here');
    const reset = await send(fieldsOf(after), 'reset:state');
    expect(textOf(reset.html, 'field-state')).not.toContain('Changed here');
    expect((await send(fieldsOf(after), 'restore:0')).response.status).toBe(303);
    expect(textOf(await read(), 'field-state')).not.toContain('Changed');
  });

  it('keeps what was typed when it cannot be read, and says where and why', async () => {
    const html = await read();
    const steps = `${prefixOf(html, 'city')}.steps`;
    const unreadable = await send({ ...fieldsOf(html), [steps]: '[{ "fn": ' }, 'save');
    expect(unreadable.response.status).toBe(400);
    expect(readText(unreadable.html)).toContain('The steps of "City" cannot be read.');
    expect(fieldsOf(unreadable.html)[steps]).toBe('[{ "fn": ');
    const unknown = await send({ ...fieldsOf(html), [steps]: '[{"fn":"shout"}]' }, 'save');
    expect(unknown.response.status).toBe(400);
    expect(textOf(unknown.html, 'field-city-problems')).toContain(
      'There is no transformation "shout".',
    );
    expect(await db.query('select 1 from stream_mappings')).toEqual([]);
  });

  it('tells whoever saves second', async () => {
    const fields = await changed();
    expect((await send(fields, 'save')).response.status).toBe(303);
    const other = { ...fields, [`${prefixOf(await read(), 'city')}.source.0`]: 'state' };
    const late = await send(other, 'save');
    expect(late.response.status).toBe(409);
    expect(readText(late.html)).toContain('Someone else saved this mapping');
  });

  it('is open to the admins of the workspace alone, for its own connections', async () => {
    const viewer = await web.signIn('viewer@north.test');
    expect((await viewer.fetch(path)).status).toBe(403);
    const foreign = path.replace(north.connection.id, south.connection.id);
    expect(byId(await read(foreign), 'fields')).toBeUndefined();
    const fields = { ...(await changed()), intent: 'save' };
    expect((await admin.postForm(foreign, fields)).status).toBe(404);
    expect((await admin.fetch(path.replace('clients', 'constructor'))).status).toBe(404);
    expect(await db.query('select 1 from stream_mappings')).toEqual([]);
  });
});
