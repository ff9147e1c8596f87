/*
 * What people change in a workspace through its pages and the API, and what the worker then does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { auditExport } from '#lib/views/exports/audited.ts';
import { exportLists } from '#lib/views/exports/lists.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../../helpers/processes.ts';
import { client } from '../../helpers/rows.ts';
import { password, startWeb, type Web, type WebClient } from '../../helpers/web.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { followAudit, toLines } from './news.ts';

allowForLoad();
const database = useDatabase();
const news = followAudit(database);
const home = '/w/north';
let sandbox: Sandbox;
let north: Workspace;
let web: Web;
let worker: TestProcess;
let ann: WebClient;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'rows',
        webKey: 'CT_rows',
        accessToken: 'token-rows',
        rows: { clients: Array.from({ length: 20 }, (_, index) => client(1 + index)) },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  north = await createWorkspace(sandbox, 'rows', 'north');
  const { tenant, connection } = north;
  await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
  const admin = { password, tenantSlug: 'north', role: 'admin' } as const;
  await createUser({ email: 'ann@north.test', name: 'Ann', ...admin });
  await createUser({ email: 'sam@staff.test', name: 'Sam', password, staff: true });
  web = await startWeb(database.url);
  worker = startProcess('worker/index.ts', database.url);
  ann = await web.signIn('ann@north.test');
  await news();
});
afterAll(async () => {
  worker?.child.kill('SIGKILL');
  await web?.stop();
  await sandbox?.close(0);
});

async function post(path: string, fields: Record<string, string>, who = ann): Promise<void> {
  const response = await who.postForm(path, fields);
  const text = response.status === 303 ? '' : await response.text();
  expect([response.status, text]).toEqual([303, '']);
}
const connections = `${home}/settings/connections`;
const own = () => ({ connection: north.connection.id });

describe('a change by an admin is in the log', () => {
  it('a connection: created, its credentials replaced, paused, resumed; without any secret', async () => {
    const secrets = { 'secret.webKey': 'CT_rows', 'secret.accessToken': 'token-rows' };
    await post(connections, {
      intent: 'connect',
      provider: 'clienttether',
      label: 'Second',
      baseUrl: sandbox.clienttether.baseUrl,
      ...secrets,
    });
    await post(connections, { intent: 'reconnect', ...own(), ...secrets });
    await post(connections, { intent: 'pause', ...own() });
    await post(connections, { intent: 'resume', ...own() });
    const found = await news();
    const { label } = north.connection;
    expect(toLines(found)).toEqual([
      'connection.created: Second',
      `connection.credentials_replaced: ${label}`,
      `connection.paused: ${label}`,
      `connection.resumed: ${label}`,
    ]);
    expect(new Set(found.map(({ by }) => by))).toEqual(new Set(['user ann@north.test']));
    expect(found[0]?.after).toMatchObject({ provider: 'clienttether' });
    expect(found[1]?.after).toEqual({ replaced: ['webKey', 'accessToken'] });
    expect(found[2]).toMatchObject({ before: { status: 'active' }, after: { status: 'paused' } });
    const rows = await database.query<{ row: string }>('select e::text as row from audit_events e');
    expect(rows.map(({ row }) => row).join('\n')).not.toMatch(/CT_rows|token-rows/);
  });

  it('a sync, deletions and a rebuild, whose end the worker records in the same name', async () => {
    expect((await ann.postJson('/api/sync?tenant=north')).status).toBe(202);
    await post(connections, { intent: 'accept-deletions', ...own() });
    await post(connections, { intent: 'replay', ...own() });
    const found = await news();
    const finished = async () => {
      found.push(...(await news()));
      return found.some(({ action }) => action === 'replay.finished');
    };
    await until('the rebuild is finished', finished, 120_000);
    const { label } = north.connection;
    expect(toLines(found)).toEqual([
      'sync.requested',
      `deletion.confirmed: ${label}`,
      `replay.requested: ${label}`,
      `replay.finished: ${label}`,
    ]);
    expect(new Set(found.map(({ by }) => by))).toEqual(new Set(['user ann@north.test']));
    expect(found.at(-1)?.after).toMatchObject({ status: 'success' });
  });

  it('weights, features, views and reports, each with the fields that changed', async () => {
    await post(`${home}/settings/scoring`, {
      intent: 'save',
      basedOn: '0',
      'signals.spf': '31',
    });
    await post(`${home}/settings/features`, { feature: 'crm-push', to: 'on' });
    const list = `${home}/leads?segment=Cold&search=Lovelace`;
    await post(list, { intent: 'save-view', name: 'Cold ones' });
    const [view] = await database.query<{ id: string }>('select id from saved_views');
    await post(list, { intent: 'rename-view', view: view?.id ?? '', name: 'Frozen ones' });
    await post(list, { intent: 'delete-view', view: view?.id ?? '' });
    const sam = await web.signIn('sam@staff.test');
    await post(`${home}/reports/new?page=leads`, { title: 'Numbers' }, sam);
    const found = await news();
    expect(toLines(found)).toEqual([
      'scoring.changed',
      'feature.switched: crm-push',
      'view.saved: Cold ones',
      'view.renamed: Cold ones',
      'view.deleted: Frozen ones',
      'report.published: Numbers',
    ]);
    expect(found[0]?.before).toMatchObject({ version: 0, 'signals.spf': 20 });
    expect(found[0]?.after).toMatchObject({ version: 1, 'signals.spf': 31 });
    expect(found[2]?.after).toMatchObject({ filter: { segment: 'Cold', search: 'L•••' } });
    expect(found[3]).toMatchObject({
      before: { name: 'Cold ones' },
      after: { name: 'Frozen ones' },
    });
    expect(found[5]?.by).toBe('staff sam@staff.test');
  });
});

/** The worker may have synced a second time what the second connection lists. */
const countLeads = async () =>
  (await database.query('select id from leads where deleted_at is null')).length;

describe('an export is in the log', () => {
  it('with its list, format, filter and the number of rows that left', async () => {
    const lines = (await ann.text(`${home}/leads.csv`)).trim().split('\r\n').length - 1;
    await (await ann.fetch(`${home}/leads.xlsx?search=nobody`)).arrayBuffer();
    await ann.text('/api/leads?tenant=north');
    const found = await news();
    expect(lines).toBe(await countLeads());
    expect(toLines(found)).toEqual(['export.downloaded: Leads', 'export.downloaded: Leads']);
    expect(found.map(({ after }) => after)).toEqual([
      { format: 'csv', rows: lines, filter: {} },
      { format: 'xlsx', rows: 0, filter: { search: 'n•••' } },
    ]);
  });

  it('also when it broke off, with what had left by then', async () => {
    const leads = exportLists.get('leads');
    if (leads === undefined) throw new Error('Leads can be exported');
    const tenant = { ...north.tenant, currency: 'USD' };
    const request = { tenant, params: new URLSearchParams(), now: new Date() };
    const batches = auditExport(leads, 'csv', tenant.id).batches(request);
    await batches.next();
    await batches.return(undefined);
    const workbook = auditExport(leads, 'xlsx', tenant.id).batches(request);
    await workbook.next();
    await workbook.return(undefined);
    expect((await news()).map(({ after }) => after)).toEqual([
      { format: 'csv', rows: await countLeads(), filter: {}, complete: false },
      { format: 'xlsx', rows: await countLeads(), filter: {}, complete: false },
    ]);
  });
});
