import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAccount } from '#lib/connections/manage.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';

/**
 * From Partner Center to the queue of scans: each company once, with the strongest word that its
 * referrals have for it.
 */
const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
let sandbox: Sandbox;
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    orgs: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 120,
        countedOn: now,
      },
    ],
    now,
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const { baseUrl, loginUrl } = sandbox.partnerCenter;
  const secrets = {
    clientSecret: credentials.clientSecret,
    refreshToken: credentials.refreshToken,
  };
  connectionId = (
    await connectAccount({
      tenantId,
      provider: 'partner-center',
      label: '',
      settings: { baseUrl, loginUrl, clientId: credentials.clientId },
      secrets,
    })
  ).id;
});
afterAll(() => sandbox.close(0));

interface Raw {
  id: string;
  name: string;
  type: string;
  customerProfile: {
    name: string;
    size: string;
    team: { email: string }[];
    ids: { azureTenantId?: string };
  };
}
const raws = () => sandbox.partnerCenter.truth('partner').referrals as unknown as Raw[];
const domainOf = ({ customerProfile: { team } }: Raw) =>
  /@mail\.(.+)$/.exec(team[0]?.email ?? '')?.[1] ?? null;
const leastOf = (size: string) => Number(/\d+/.exec(size)?.[0]);
const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
const companies = () =>
  db.query<{
    domain: string;
    name: string;
    employees: number;
    azure: string | null;
    type: string;
    due: boolean;
  }>(
    `select domain, name, employees, azure_tenant_id as azure, referral_type as type,
       scan_due_at is not null as due
     from company_domains
     where tenant_id = $1
     order by domain`,
    [tenantId],
  );

it('referrals become companies, each domain once and due for one scan', async () => {
  expect(await sync()).toMatchObject({ status: 'success' });
  const byDomain = Map.groupBy(raws(), domainOf);
  const rows = await companies();
  expect(rows.map(({ domain }) => domain)).toEqual(
    [...byDomain.keys()].filter((domain) => domain !== null).toSorted(),
  );
  for (const { domain, name, employees, azure, due } of rows) {
    const own = byDomain.get(domain) ?? [];
    expect([name, due, employees]).toEqual([
      own[0]?.customerProfile.name,
      true,
      Math.max(...own.map(({ customerProfile }) => leastOf(customerProfile.size))),
    ]);
    expect(azure !== null).toBe(
      own.some(({ customerProfile }) => customerProfile.ids.azureTenantId !== undefined),
    );
  }
  expect(rows.some(({ type }) => type === 'co-sell')).toBe(true);
});

it('those without a domain are kept with the reason, and name no company', async () => {
  const kept = await db.query<{ domain: string | null; domain_reason: string | null }>(
    'select domain, domain_reason from referrals where tenant_id = $1 and domain is null',
    [tenantId],
  );
  expect(kept.length).toBe(raws().filter((raw) => domainOf(raw) === null).length);
  expect(kept.length).toBeGreaterThan(0);
  expect(new Set(kept.map(({ domain_reason: reason }) => reason))).toEqual(
    new Set([
      'There is no website, and the e-mail addresses are of a mailbox provider.',
      'There is neither a website nor an e-mail address.',
    ]),
  );
});

it('a referral that comes again, or another of its company, asks for no second scan', async () => {
  const [{ domain } = { domain: '' }] = await companies();
  await db.query(
    `update company_domains set scan_due_at = now() + interval '7 days', scanned_at = now()`,
  );
  const before = await companies();
  sandbox.clock.shift(3_600_000);
  const at = new Date(sandbox.clock.now()).toISOString();
  sandbox.partnerCenter.mutate('partner', {
    changes: [
      {
        op: 'add',
        row: {
          id: 'second',
          updatedDateTime: at,
          customerProfile: {
            name: 'The same company',
            size: '1to9employees',
            team: [{ email: `sales@${domain}` }],
            ids: {},
          },
        },
      },
      {
        op: 'add',
        row: {
          id: 'first-of-its-kind',
          updatedDateTime: at,
          customerProfile: {
            name: 'A new company',
            size: 'Morethan20000employees',
            website: 'https://www.brand-new-company.co.uk/contact',
            team: [{ email: 'someone@gmail.com' }],
            ids: {},
          },
        },
      },
      {
        op: 'update',
        id: raws()[0]?.id,
        row: { status: 'Closed', substatus: 'Won', updatedDateTime: at },
      },
    ],
  });
  await sync();
  await sync();
  const after = await companies();
  expect(after.map((row) => row.domain)).toEqual(
    [...before.map((row) => row.domain), 'brand-new-company.co.uk'].toSorted(),
  );
  expect(after.find((row) => row.domain === 'brand-new-company.co.uk')).toMatchObject({
    name: 'A new company',
    employees: 20_000,
    due: true,
  });
  expect(await db.query('select domain from company_domains where scan_due_at <= now()')).toEqual([
    { domain: 'brand-new-company.co.uk' },
  ]);
  expect(
    await db.query(
      `select count(*)::int as copies
       from referrals
       where external_id in ('second', 'first-of-its-kind')`,
    ),
  ).toEqual([{ copies: 2 }]);
});
