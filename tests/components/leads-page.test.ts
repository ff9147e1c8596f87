import { describe, expect, test } from 'vitest';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { slice, body, text } from './page-body.ts';

describe('leads', () => {
  const share = (key: string, label: string, count: number) => ({
    key,
    label,
    count,
    previous: null,
  });
  const lead = {
    id: 'l',
    name: 'Ada <i>',
    company: null,
    email: null,
    phone: null,
    source: 'Web',
    status: 'New',
    qualified: true,
    value: 45000.5,
    createdAt: new Date('2026-11-21T03:00:00Z'),
    updatedAt: null,
    assignedTo: null,
    domain: null,
    score: null,
    segment: null,
    priority: null,
    mailProvider: null,
    tenantSize: null,
    referralType: null,
    pushState: null,
  };
  const view = {
    total: { value: 7, previous: null },
    qualified: { value: 2, previous: null },
    sources: { value: 1, previous: null },
    bySource: [share('Web', 'Web', 5), share('', 'No source', 2)],
    byStatus: [share('New', 'New', 7)],
    undated: 0,
    leads: slice([lead]),
  };
  const page = (path: string, changes = {}) =>
    body('LeadsBody', path, {
      view: { ...view, ...changes },
      filter: parseLeadFilter(new URL(path, 'http://x').searchParams),
    });

  test('every figure leads to its rows, those without a source included', async () => {
    const html = await page('/w/summit/leads?period=30d');
    expect(html).toContain('href="/w/summit/leads?period=30d&amp;qualified=yes#rows"');
    expect(html).toContain('href="/w/summit/leads?period=30d&amp;source=#rows"');
    expect(html).toContain('href="/w/summit/leads.csv?period=30d"');
  });

  test("writes money in the tenant's currency, days in its time zone, escapes names", async () => {
    const html = await page('/w/summit/leads');
    expect(html).toMatch(/title="\$45,000\.50">\$45,001</);
    expect(html).toContain('Nov 20, 2026');
    expect(html).toContain('Ada &lt;i&gt;');
  });

  test('names active filters, each with the way to take it off', async () => {
    const html = await page('/w/summit/leads?status=New&source=&search=ad');
    expect(html).toContain('href="/w/summit/leads?source=&amp;search=ad#rows"');
    expect(text(html)).toContain('Source: No source');
    expect(html).toMatch(/<option value(?:="")? selected>No source/);
    expect(html).toMatch(/href="\/w\/summit\/leads\?filters=none#rows">Clear all/);
  });

  test('searches for the beginning of what is too long instead of showing every lead', async () => {
    const html = await page(`/w/summit/leads?search=${'x'.repeat(600)}`);
    expect(text(html)).toMatch(/Search: x{200}\s+remove filter/);
  });

  test('shows score, referral and CRM state where they exist, each in its colour', async () => {
    const scored = {
      ...lead,
      domain: 'acme.com',
      score: 87,
      segment: 'Migration',
      priority: 1,
      mailProvider: 'google_workspace',
      tenantSize: 'small',
      referralType: 'co-sell',
      pushState: 'failed',
    };
    const html = await page('/w/summit/leads', { leads: slice([scored, lead]) });
    expect(html).toMatch(/badge badge-blue badge-plain"[^>]*><span>Co-sell/);
    expect(html).toMatch(/badge badge-bad"[^>]*><span>Failed/);
    expect(text(html)).toMatch(/acme\.com Google Workspace\s+87 Migration/);
    expect(text(html)).not.toContain('Assigned to');
  });

  test('says what to do when no lead matches', async () => {
    const html = await page('/w/summit/leads?status=Gone', { leads: slice([]) });
    expect(html).toContain('No matching leads');
    expect(html).toContain('Clear all filters');
  });
});
