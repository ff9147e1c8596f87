import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  startSandbox,
  type HubSpotChange,
  type HubSpotSpec,
  type Sandbox,
  type SandboxOptions,
} from '../../../sandbox/index.ts';
import { connectAccount } from '#lib/connections/manage.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { expectBalancedBooks, expectExactRollups } from '../../helpers/truth.ts';
import { NOW, person, portalSpec, TOKEN } from './harness.ts';
import { expectSameHubSpot } from './truth.ts';

const db = useDatabase();
const DAY = 86_400_000;
const secrets = { accessToken: TOKEN };
let sandbox: Sandbox;
let tenantId: string;
let connectionId: string;
let count = 0;

async function begin(spec: Partial<HubSpotSpec> = {}, options: SandboxOptions = {}): Promise<void> {
  await sandbox?.close(0);
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec({ contacts: 60, ...spec })],
    now: NOW,
    ...options,
  });
  count += 1;
  tenantId = (await createTenant({ slug: `hubspot-${count}`, name: 'HubSpot' })).id;
  const settings = { baseUrl: sandbox.hubspot.baseUrl, pageSize: 25 };
  connectionId = (await createConnection({ tenantId, provider: 'hubspot', settings, secrets })).id;
}
beforeEach(() => begin());
afterAll(() => sandbox.close(0));

const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
const stream = (report: Awaited<ReturnType<typeof sync>>, name: string) =>
  report.streams.find((each) => each.stream === name);
const mutate = (...all: HubSpotChange[]) => sandbox.hubspot.mutate('portal', { changes: all }).ids;
const expectSame = () => expectSameHubSpot(db, sandbox, 'portal', tenantId);
const rows = (kind: string) => sandbox.hubspot.truth('portal', kind)[kind] ?? [];

describe('HubSpot', () => {
  it('is read whole once and then by its changes, and every row agrees', async () => {
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(await expectSame()).toBeGreaterThan(250);
    for (let week = 0; week < 2; week += 1) {
      sandbox.clock.shift(5 * DAY);
      await db.query(`update stream_states set full_at = now() where tenant_id = $1`, [tenantId]);
      const [deal, other] = rows('deals');
      const [contact] = rows('contacts');
      mutate(
        {
          op: 'update',
          kind: 'deals',
          id: deal?.id ?? '',
          properties: { amount_in_home_currency: `${week}7.50` },
        },
        { op: 'archive', kind: 'deals', id: other?.id ?? '' },
        { op: 'update', kind: 'contacts', id: contact?.id ?? '', properties: { city: null } },
      );
      const report = await sync();
      expect(report).toMatchObject({ status: 'success' });
      expect(stream(report, 'deals')).toMatchObject({ deleted: 1 });
      await expectSame();
      const quiet = await sync();
      expect(
        quiet.streams.map(({ changed, inserted, deleted }) => changed + inserted + deleted),
      ).toEqual(quiet.streams.map(() => 0));
    }
    const found = await db.query<{ outcome: string }>(
      'select distinct outcome from opportunities where tenant_id = $1 order by 1',
      [tenantId],
    );
    expect(found.map(({ outcome }) => outcome)).toEqual(['lost', 'open', 'won']);
    await expectExactRollups(db);
    await expectBalancedBooks(db);
  });

  it('reads the same of stored pages as of HubSpot', async () => {
    await sync();
    sandbox.clock.shift(3 * DAY);
    mutate({ op: 'archive', kind: 'deals', id: rows('deals')[0]?.id ?? '' });
    await sync();
    const report = await replayConnection({ tenantId, connectionId, trigger: 'replay' });
    expect(report).toMatchObject({ status: 'success', recordsUpdated: 0 });
    await expectSame();
  });

  it('follows merges, and people who become leads or stop being contacts that are', async () => {
    await sync();
    sandbox.clock.shift(2 * DAY);
    const [one = '', two = '', three = ''] = mutate(
      person({ firstname: 'One' }),
      person({ firstname: 'Two' }),
      person({ firstname: 'Three' }),
    );
    await sync();
    await expectSame();
    sandbox.clock.shift(2 * DAY);
    mutate(
      { op: 'merge', kind: 'contacts', id: one, into: two },
      { op: 'update', kind: 'contacts', id: three, properties: { lifecyclestage: 'subscriber' } },
      {
        op: 'add',
        kind: 'leads',
        properties: { hs_lead_name: 'Two', hs_pipeline_stage: 'qualified-stage-id' },
        links: [{ kind: 'contacts', id: two, primary: true }],
      },
    );
    const report = await sync();
    expect(stream(report, 'contactLeads')).toMatchObject({ deleted: 3 });
    await expectSame();
    const [lead] = await db.query(
      `select name, status, qualified from leads
       where tenant_id = $1 and name = 'Two' and deleted_at is null`,
      [tenantId],
    );
    expect(lead).toEqual({ name: 'Two', status: 'Qualified', qualified: true });
  });

  it('does without leads, and without scopes that it can do without', async () => {
    for (const spec of [
      { without: ['leads' as const] },
      { without: ['leads' as const], unknownTypeStatus: 404 as const },
      { denied: ['crm.objects.leads.read' as const, 'crm.objects.owners.read' as const] },
    ]) {
      await begin(spec);
      expect(await sync()).toMatchObject({ status: 'success', errorMessage: null });
      sandbox.clock.shift(DAY);
      expect(await sync()).toMatchObject({ status: 'success' });
      await db.query(
        `update stream_states set full_at = now() - interval '25 hours' where tenant_id = $1`,
        [tenantId],
      );
      expect(await sync()).toMatchObject({ status: 'success' });
      const only = ['companies', 'contacts', 'deals', 'notes', 'tasks', 'meetings'];
      if (spec.without)
        expect(await expectSameHubSpot(db, sandbox, 'portal', tenantId, only)).toBeGreaterThan(200);
    }
  });

  it('says so when leads that were there may no longer be read, and keeps them', async () => {
    await sync();
    const before = await countLeads();
    expect(before).toBeGreaterThan(5);
    Object.assign(sandbox.hubspot.account('portal').spec, { denied: ['crm.objects.leads.read'] });
    for (const interval of ['0 hours', '25 hours']) {
      await db.query(
        `update stream_states set full_at = now() - $2::interval where tenant_id = $1`,
        [tenantId, interval],
      );
      const report = await sync();
      expect(stream(report, 'leads')).toMatchObject({
        status: 'failed',
        errorMessage: expect.stringContaining('crm.objects.leads.read') as string,
      });
      expect(stream(report, 'deals')).toMatchObject({ status: 'success' });
    }
    expect(await countLeads()).toBe(before);
  });

  it('keeps within five searches a second and the limit of ten seconds', async () => {
    const limits = { burst: 190, searches: 5 };
    const base = Date.now();
    await begin({ limits, contacts: 400 }, { now: () => NOW + Date.now() - base });
    expect(await sync()).toMatchObject({ status: 'success' });
    sandbox.clock.shift(2 * DAY);
    mutate(
      ...rows('contacts').map(({ id }) => ({
        op: 'update' as const,
        kind: 'contacts' as const,
        id,
      })),
    );
    expect(await sync()).toMatchObject({ status: 'success' });
    await expectSame();
    expect(sandbox.hubspot.account('portal').throttle.refused).toBe(0);
  }, 120_000);

  it('rejects what cannot be stored with its reason, and nothing beside it', async () => {
    await sync();
    sandbox.clock.shift(2 * DAY);
    const [contact = ''] = sandbox.hubspot.poison('portal', { poison: 'nul' }).ids;
    sandbox.hubspot.poison('portal', { kind: 'deals', poison: 'overflow_number' });
    sandbox.hubspot.poison('portal', { kind: 'tasks', poison: 'bad_date' });
    const report = await sync();
    expect(stream(report, 'contacts')).toMatchObject({ rejected: 1, status: 'partial' });
    expect(stream(report, 'deals')).toMatchObject({ rejected: 0, status: 'success' });
    const errors = await db.query<{ item_key: string; reason: string }>(
      `select item_key, reason from record_errors
       where tenant_id = $1 and resolved_at is null and stream = 'contacts'`,
      [tenantId],
    );
    expect(errors).toMatchObject([
      { item_key: contact, reason: expect.stringContaining('cannot be stored') as string },
    ]);
    mutate({ op: 'update', kind: 'contacts', id: contact, properties: { city: 'Leeds' } });
    expect(stream(await sync(), 'contacts')).toMatchObject({ rejected: 0, status: 'success' });
  });

  it('is connected only with a token that HubSpot takes', async () => {
    const { id } = await createTenant({ slug: 'hubspot-form', name: 'Form' });
    const settings = { baseUrl: sandbox.hubspot.baseUrl };
    const account = { tenantId: id, provider: 'hubspot', label: '', settings };
    await expect(
      connectAccount({ ...account, secrets: { accessToken: 'pat-wrong' } }),
    ).rejects.toThrow(/HubSpot rejected the access token/);
    await expect(connectAccount({ ...account, secrets })).resolves.toMatchObject({
      label: 'HubSpot',
    });
  });
});

const countLeads = async (): Promise<number> => {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from leads
     where tenant_id = $1 and stream = 'leads' and deleted_at is null`,
    [tenantId],
  );
  return row?.count ?? 0;
};
