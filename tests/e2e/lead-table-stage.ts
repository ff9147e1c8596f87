/*
 * A workspace with sixty scored leads and a browser, for one file of tests.
 */
import type { Page } from 'playwright-core';
import { rowsAccount } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import { client } from '../helpers/rows.ts';
import { useStage } from './stage.ts';

const clients = Array.from({ length: 60 }, (_, index) =>
  client(index + 1, {
    lastName: `N${String(index).padStart(2, '0')}`,
    email: `lead${index}@acme${index % 5}.com`,
    created: `2026-0${1 + (index % 9)}-10 10:00:00`,
  }),
);
const item = (key: string, label: string, points: number, most: number | null) => ({
  key,
  label,
  points,
  most,
  verdict: 'weak',
  evidence: `What ${label} says.`,
  checkedAt: '2026-11-21T09:05:00Z',
});
const breakdown = {
  model: 0,
  scoredAt: '2026-11-21T09:05:00Z',
  score: 72,
  segment: 'Migration',
  segmentReason: 'Not at Microsoft.',
  priority: 1,
  tenantSize: 'small',
  tenantSizeReason: 'Few.',
  mailProvider: 'google_workspace',
  mailProviderReason: 'By MX.',
  signals: [
    item('mx', 'Mail servers (MX)', 40, 40),
    item('dmarc', 'DMARC', 10, 25),
    item('dkim', 'DKIM', 5, 10),
    item('spf', 'SPF', 25, 25),
  ],
  risks: [item('risk.no_dmarc', 'No DMARC', -8, null)],
};

/**
 * A workspace that scores and pushes: every third lead is to be migrated, every tenth push failed.
 */
export const stage = useStage({
  accounts: [
    rowsAccount({
      name: 'table',
      webKey: 'CT_table',
      accessToken: 'token-of-table',
      rows: { clients },
    }),
  ],
  prepare: async ({ workspace, user, database }) => {
    const { tenant } = await workspace('table');
    for (const feature of ['lead-engine', 'crm-push'] as const)
      await setFeature(tenant.id, feature, true, null);
    await createConnection({
      tenantId: tenant.id,
      provider: 'dynamics-365',
      settings: {
        baseUrl: 'http://127.0.0.1:9/',
        loginUrl: 'http://127.0.0.1:9/',
        tenantId: 'none',
        clientId: 'none',
      },
      secrets: { clientSecret: 'none' },
    });
    await database.query(
      `update leads
       set score = external_id::int, sort_score = external_id::int,
         segment = case when external_id::int % 3 = 0 then 'Migration' else 'Cold' end,
         push_state = case when external_id::int % 10 = 0 then 'failed' end,
         referral_type = 'co-sell', mail_provider = 'google_workspace'
       where tenant_id = $1`,
      [tenant.id],
    );
    await database.query(
      `insert into company_domains (tenant_id, domain, score, segment, breakdown)
       select distinct tenant_id, domain, 72, 'Migration', $2::jsonb
       from leads
       where tenant_id = $1
       on conflict (tenant_id, domain) do update set breakdown = excluded.breakdown`,
      [tenant.id, JSON.stringify(breakdown)],
    );
    await user('member@table.test', { tenantSlug: 'table', role: 'member' });
    await user('viewer@table.test', { tenantSlug: 'table' });
  },
});

export async function open(path = '', email = 'member@table.test'): Promise<Page> {
  const { page } = await stage.signedIn(email);
  await page.goto(`/w/table/leads${path}`);
  return page;
}
