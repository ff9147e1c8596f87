import { afterAll, describe, expect, test } from 'vitest';
import { render, stopRendering } from './render.ts';

const access = {
  tenant: {
    id: 't',
    slug: 'summit',
    name: 'Summit',
    timeZone: 'America/Denver',
    currency: 'USD',
    accent: null,
    logoUrl: null,
  },
  user: { id: 'u', name: 'Ada', email: 'ada@summit.test' },
  role: 'admin',
  isStaff: false,
};

afterAll(stopRendering);

describe('KPICard', () => {
  const card = (props: Record<string, unknown>) =>
    render('/src/components/dashboard/KPICard.astro', { props });

  test('shows label, value and subtitle, and leads to the rows', async () => {
    const html = await card({
      label: 'Total Leads',
      value: 6000,
      subtitle: 'All time',
      href: '/w/summit/leads#rows',
    });
    expect(html).toContain('Total Leads');
    expect(html).toContain('6,000');
    expect(html).toContain('All time');
    expect(html).toMatch(/^<a class="kpi" href="\/w\/summit\/leads#rows"/);
  });

  test('compares with the period before', async () => {
    const html = await card({
      label: 'Leads',
      value: 150,
      figure: { value: 150, previous: 120 },
      compareLabel: 'previous period',
    });
    expect(html).toContain('+25%');
    expect(html).toContain('vs previous period');
    expect(html).toContain('120 in the previous period');
    expect(
      await card({ label: 'Leads', value: 90, figure: { value: 90, previous: 120 } }),
    ).toContain('−25%');
    expect(await card({ label: 'Leads', value: 9, figure: { value: 9, previous: 0 } })).toContain(
      'New',
    );
  });

  test('is busy and no link while it loads', async () => {
    const html = await card({ label: 'Leads', loading: true, href: '/x' });
    expect(html).toContain('aria-busy="true"');
    expect(html).toContain('Loading Leads');
    expect(html).not.toContain('<a ');
  });
});

describe('LeadsChart', () => {
  const shares = [
    { key: 'web', label: 'Web <b>form</b>', count: 30, previous: null },
    { key: 'ref', label: 'Referral', count: 10, previous: null },
  ];
  const chart = (kind: string, rows = shares) =>
    render('/src/components/dashboard/LeadsChart.astro', {
      props: {
        id: 'c',
        title: 'Leads by source',
        kind,
        shares: rows,
        href: (key: string) => `/w/summit/leads?source=${key}#rows`,
      },
    });

  test('draws a linked bar per source and says the same in a table', async () => {
    const html = await chart('bar');
    expect(
      html.match(/<a href="\/w\/summit\/leads\?source=ref#rows" aria-label="Referral: 10"><path/g)
        ?.length,
    ).toBeGreaterThan(0);
    expect(html).toContain('<caption class="sr-only">Leads by source</caption>');
    // Inside a quoted attribute only quotes could end it.
    expect(html.replaceAll(/ data-items="[^"]*"/g, '')).not.toContain('<b>');
    expect(html).not.toContain('<style');
  });

  test('draws a linked slice per status with its share', async () => {
    const html = await chart('pie');
    expect(html).toContain('75%');
    expect(html).toContain('25%');
    expect(html.match(/<path/g)?.length).toBeGreaterThanOrEqual(2);
  });

  test('draws leads without a source beside the largest sources, and counts them as none', async () => {
    const many = Array.from({ length: 13 }, (_, index) => ({
      key: `s${index}`,
      label: `Source ${index}`,
      count: 100 - index,
      previous: null,
    }));
    const html = await chart('bar', [
      ...many,
      { key: '', label: 'No source', count: 1, previous: null },
    ]);
    expect(html).toContain('the 12 largest of 13');
    expect(html).toContain('aria-label="No source: 1"');
    expect(html).not.toContain('aria-label="Source 12: 88"');
  });

  test('draws the largest sources and lists all of them', async () => {
    const many = Array.from({ length: 15 }, (_, index) => ({
      key: `s${index}`,
      label: `Source ${index}`,
      count: 20 - index,
      previous: null,
    }));
    const html = await chart('bar', many);
    expect(html).toContain('the 12 largest of 15');
    expect(html).not.toContain('aria-label="Source 12: 8"');
    expect(html).toMatch(/<th scope="row"><a class="row-link" href="[^"]*s14#rows">Source 14</);
  });

  test('says that there is nothing to draw', async () => {
    expect(await chart('bar', [])).toContain('There are no leads in this period');
  });
});

describe('DataTable', () => {
  const columns = [
    { key: 'name', label: 'Name', sort: 'asc' },
    { key: 'value', label: 'Value', end: true, sort: 'desc' },
  ];
  const props = {
    title: 'Leads',
    id: 'rows',
    noun: ['lead', 'leads'],
    columns,
    rows: [{}],
    total: 6000,
    next: 'n1',
    previous: null,
    sorting: { key: 'value', direction: 'desc' },
    url: new URL('http://localhost/w/summit/leads?source=web&cursor=old'),
    empty: { title: 'No leads yet', text: 'Soon.' },
  };
  const table = (changes: Record<string, unknown> = {}) =>
    render('/src/components/dashboard/DataTable.astro', {
      props: { ...props, ...changes },
      slots: { default: '<th scope="row">Ada</th><td class="end">$45,000</td>' },
    });

  test('shows rows, caption and count', async () => {
    const html = await table();
    expect(html).toContain('<tr><th scope="row">Ada</th><td class="end">$45,000</td></tr>');
    expect(html).toContain('Leads, 6,000 leads');
    expect(html).toContain('1 of 6,000 leads');
    expect(await table({ totalIsFloor: true })).toContain('6,000+ leads');
  });

  test('sorts and pages by links that keep the filter', async () => {
    const html = await table();
    expect(html).toContain('aria-sort="descending"');
    expect(html).toContain(
      'href="/w/summit/leads?source=web&amp;sort=value&amp;direction=asc#rows"',
    );
    expect(html).toContain(
      'href="/w/summit/leads?source=web&amp;sort=name&amp;direction=asc#rows"',
    );
    expect(html).toContain('href="/w/summit/leads?source=web&amp;cursor=n1#rows"');
    expect(html).not.toContain('rel="prev"');
  });

  test('says what to do when it is empty', async () => {
    const html = await table({ rows: [], total: 0 });
    expect(html).toContain('No leads yet');
    expect(html).not.toContain('<table');
  });
});

describe('navigation', () => {
  const page = (props: Record<string, unknown>) =>
    render('/src/layouts/DashboardLayout.astro', {
      props: { access, title: 'Leads', page: 'leads', ...props },
    });

  test('links all eight pages and marks the one that is open', async () => {
    const html = await page({});
    for (const label of [
      'Dashboard',
      'Reports',
      'Leads',
      'Pipeline',
      'Hot List',
      'Referrals',
      'Notes',
      'Schedule',
    ])
      expect(html).toContain(`</svg>${label}</a>`);
    const current = html.match(/<a [^>]*aria-current="page"[^>]*>/g) ?? [];
    expect(new Set(current).size).toBe(1);
    expect(current[0]).toContain('href="/w/summit/leads"');
  });

  test('shows the settings only to those who may change them', async () => {
    expect(await page({})).toContain('href="/w/summit/settings"');
    expect(await page({ access: { ...access, role: 'member' } })).not.toContain('/settings"');
  });
});
