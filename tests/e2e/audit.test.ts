/*
 * The audit log as admins and staff see it, without scripts.
 */
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { actAs } from '#lib/identity/audit/context.ts';
import { readAuditPage } from '#lib/views/audit/queries.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { createTenant, updateTenant } from '#lib/identity/tenancy/tenants.ts';
import { useStage } from './stage.ts';

const own = '/w/north/settings/audit';
const tenants = { north: '', south: '' };

const stage = useStage({
  accounts: [],
  prepare: async ({ user }) => {
    for (const slug of ['north', 'south'] as const) {
      const name = `${slug} franchising`;
      tenants[slug] = (await createTenant({ slug, name, timeZone: 'America/Denver' })).id;
      for (const role of ['admin', 'member', 'viewer'] as const)
        await user(`${role}@${slug}.test`, { tenantSlug: slug, role, name: `${role} of ${slug}` });
      const by = { kind: 'operator', label: `operator-${slug}` } as const;
      await actAs(by, () => updateTenant(tenants[slug], { rawRetentionDays: 45 }));
    }
    await user('staff@tributary.test', { staff: true, name: 'Sam Staff' });
    await createConnection({
      tenantId: tenants.north,
      provider: 'clienttether',
      settings: { baseUrl: 'http://127.0.0.1:9/' },
      secrets: { webKey: 'a-key', accessToken: 'a-token' },
    });
  },
});

/** A browser without scripts that shows a page to somebody. */
async function open(email: string, path: string): Promise<{ page: Page; status: number }> {
  const { page } = await stage.signedIn(email, { javaScriptEnabled: false });
  const response = await page.goto(path);
  return { page, status: response?.status() ?? 0 };
}

/** Who did what, line by line. */
const listed = async (page: Page) =>
  page.locator('.audit-event').evaluateAll((events) =>
    events.map((event) => {
      const read = (part: string) => event.querySelector(part)?.textContent?.trim() ?? '';
      return `${read('[data-audit=who] > span')}: ${read('[data-audit=sentence]')}`;
    }),
  );

async function rowsOf(page: Page, path: string): Promise<Record<string, string>[]> {
  const response = await page.request.get(path);
  expect(response.status()).toBe(200);
  return parse(await response.text(), { columns: true }) as Record<string, string>[];
}

describe('the audit log of a workspace', () => {
  it('shows its admin a visit of staff, changed fields, and all that was recorded', async () => {
    await open('staff@tributary.test', '/w/north/dashboard');
    const { page } = await open('admin@north.test', '/w/north/settings/connections');
    await page.getByRole('link', { name: 'Audit log' }).click();
    const lines = await listed(page);
    expect(lines.slice(0, 2).toSorted()).toEqual([
      'Sam Staff: Entered the workspace as staff',
      'admin of north: Signed in',
    ]);
    expect(lines).toContain('operator-north: Changed the settings: north franchising');
    const text = await page.locator('#events').innerText();
    expect(text).toMatch(/Sam Staff\s+agency staff/);
    expect(text).toMatch(/raw retention days: from \d+ to 45/);
    expect(text).toContain('Events are kept for 730 days');
    expect(text).toContain('Times are in America/Denver');
    const visit = page.locator('.audit-event', { hasText: 'Entered the workspace' });
    expect(await visit.locator('.audit-details').isVisible()).toBe(false);
    await visit.locator('summary').click();
    const [row] = await stage.database.query<{ request_id: string; at: Date }>(
      `select request_id, at from audit_events where action = 'workspace.entered'`,
    );
    const details = await visit.locator('.audit-details').innerText();
    expect(details).toContain(row?.request_id);
    expect(details).toContain(row?.at.toISOString());
    expect(details).toContain('staff@tributary.test');
  });

  it('shows nothing of another workspace, and nothing to those who are no admins', async () => {
    const { page } = await open('admin@south.test', '/w/south/settings/audit');
    expect(await page.locator('#events').innerText()).not.toMatch(/north|Sam Staff/);
    const rows = await rowsOf(page, '/w/south/settings/audit.csv');
    expect(new Set(rows.map((row) => row['Workspace']))).toEqual(new Set(['south franchising']));
    for (const path of [own, `${own}.csv`, '/api/audit?tenant=north', '/audit', '/audit.csv'])
      expect((await page.request.get(path, { maxRedirects: 0 })).status(), path).toBe(404);
    for (const role of ['viewer', 'member']) {
      const refused = await open(`${role}@north.test`, own);
      expect([refused.status, await refused.page.locator('.audit-event').count()]).toEqual([
        403, 0,
      ]);
      expect((await refused.page.request.get(`${own}.csv`)).status()).toBe(403);
      expect((await refused.page.request.get('/api/audit?tenant=north')).status()).toBe(403);
    }
  });

  it('is filtered by its address, and the file and the API hold the same rows', async () => {
    const { page } = await open('admin@north.test', own);
    await page.locator('[name=group]').selectOption('Settings');
    await page.getByLabel('Who').fill('operator');
    await page.getByRole('button', { name: 'Apply' }).click();
    expect(new URL(page.url()).search).toBe('?group=settings&person=operator');
    expect(await listed(page)).toEqual(['operator-north: Changed the settings: north franchising']);
    const href = await page.getByRole('link', { name: 'Export CSV' }).getAttribute('href');
    const rows = await rowsOf(page, href ?? '');
    expect(rows.map((row) => [row['Account'], row['What'], row['Target']])).toEqual([
      ['operator-north', 'Changed the settings', 'north franchising'],
    ]);
    const api = await page.request.get('/api/audit?tenant=north&group=settings&person=operator');
    expect(await api.json()).toMatchObject({
      total: 1,
      events: [{ id: rows[0]?.['Event id'], after: { rawRetentionDays: 45 } }],
    });
    await page.goto(`${own}?group=exports`);
    expect(await listed(page), 'the export itself').toEqual([
      'admin of north: Exported a list: Audit log',
    ]);
    await page.goto(`${own}?person=nobody+at+all`);
    expect(await page.locator('#events').innerText()).toContain('No matching events');
    await page.getByRole('link', { name: 'Clear all filters' }).click();
    expect((await listed(page)).length).toBeGreaterThan(3);
  });

  it('refuses a filter that it does not understand, in words', async () => {
    const { page } = await open('admin@north.test', own);
    for (const [query, words] of [
      ['group=__proto__', 'Choose one of: access'],
      ['from=2026-02-30', 'Enter a day such as'],
      ['from=2026-03-02&to=2026-03-01', 'The last day is before the first'],
      ['cursor=nonsense', 'This is not a cursor'],
    ] as const) {
      const response = await page.goto(`${own}?${query}`);
      expect([query, response?.status()]).toEqual([query, 400]);
      expect(await page.locator('#main').innerText()).toContain(words);
      expect((await page.request.get(`${own}.csv?${query}`)).status()).toBe(400);
      expect((await page.request.get(`/api/audit?tenant=north&${query}`)).status()).toBe(400);
    }
  });

  it('finds a day by the calendar of the workspace', async () => {
    // Half past eleven in the evening of 4 May in Denver.
    await stage.database.query(
      `insert into audit_events (tenant_id, actor_kind, actor_label, action, at)
       values ($1, 'operator', 'late', 'alert.tested', '2026-05-05T05:30:00Z')`,
      [tenants.north],
    );
    const { page } = await open('admin@north.test', `${own}?from=2026-05-04&to=2026-05-04`);
    expect(await listed(page)).toEqual(['late: Sent a test notification']);
    await page.goto(`${own}?from=2026-05-05&to=2026-05-05`);
    expect(await listed(page)).toEqual([]);
  });
});

describe('the audit log of the installation', () => {
  it('shows staff the events of all workspaces and of none, and of one that they choose', async () => {
    const { page } = await open('staff@tributary.test', '/workspaces');
    await page.getByRole('link', { name: 'Audit log' }).click();
    const all = await listed(page);
    expect(all).toContain('operator-south: Changed the settings: south franchising');
    expect(all).toContain('operator-north: Changed the settings: north franchising');
    await page.getByLabel('Workspace').selectOption('south franchising');
    await page.getByRole('button', { name: 'Apply' }).click();
    expect(new URL(page.url()).search).toBe('?workspace=south');
    expect((await listed(page)).join()).not.toContain('north');
    await page.goto('/audit?workspace=-');
    expect((await listed(page))[0]).toBe('Sam Staff: Signed in');
    expect((await page.goto('/audit?workspace=nowhere'))?.status()).toBe(400);
    const rows = await rowsOf(page, '/audit.csv');
    const [stored] = await stage.database.query<{ count: number }>(
      `select count(*)::int as count from audit_events where action <> 'export.downloaded'`,
    );
    const others = rows.filter((row) => row['Action'] !== 'export.downloaded');
    expect(others).toHaveLength(stored?.count ?? 0);
  });
});

describe('a long log', () => {
  it('is paged without a gap, and reads as many rows as a page has', async () => {
    await stage.database.query(
      `insert into audit_events (tenant_id, actor_kind, actor_label, action, target_label, at)
       select case when n <= 12000 then $1 else $2 end::uuid, 'operator', 'many', 'alert.tested',
         n::text, now() + make_interval(secs => n / 1000.0)
       from generate_series(1, 60000) n`,
      [tenants.north, tenants.south],
    );
    await stage.database.query('analyze audit_events');
    const { page } = await open('admin@north.test', `${own}?person=many`);
    expect(await page.locator('#events .card-head').innerText()).toContain('10,000+');
    const first = await listed(page);
    expect(first[0]).toBe('many: Sent a test notification: 12000');
    await page.getByRole('link', { name: 'Older' }).click();
    expect((await listed(page))[0]).toBe('many: Sent a test notification: 11950');
    await page.getByRole('link', { name: 'Newer' }).click();
    expect(await listed(page)).toEqual(first);
    expect(await rowsOf(page, `${own}.csv?person=many`)).toHaveLength(12_000);
    expect(await explain()).toMatch(/Index Scan Backward using audit_events_by_tenant/);
    expect(await explain()).not.toMatch(/Sort|Seq Scan on audit_events/);
  });
});

/** The plan of the query of a page, as the app runs it. */
async function explain(): Promise<string> {
  const scope = { tenantId: tenants.north, timeZone: 'UTC' };
  const plans: string[] = [];
  await readTenant(tenants.north, async (tx) => {
    const { session } = tx as unknown as {
      session: { client: { query: (config: unknown, values?: unknown[]) => Promise<unknown> } };
    };
    const { client } = session;
    const query = client.query.bind(client);
    client.query = async (config: unknown, values?: unknown[]) => {
      const { text } = config as { text: string };
      if (!/from "audit_events"/.test(text)) return query(config, values);
      const plan = (await query(`explain ${text}`, values)) as { rows: Record<string, string>[] };
      plans.push(...plan.rows.map((row) => row['QUERY PLAN'] ?? ''));
      return query(config, values);
    };
    try {
      await readAuditPage(tx, scope, {}, undefined, 50);
    } finally {
      client.query = query;
    }
  });
  return plans.join('\n');
}
