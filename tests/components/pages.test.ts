import { afterAll, describe, expect, test } from 'vitest';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { snapshot } from '../../src/components/reports.ts';
import { render, stopRendering } from './render.ts';

const access = {
  tenant: {
    id: 't',
    slug: 'summit',
    name: 'Summit',
    timeZone: 'America/Denver',
    currency: 'USD',
    accent: '#ffcc00',
    logoUrl: null,
  },
  user: { id: 'u', name: 'Ada', email: 'ada@summit.test' },
  role: 'viewer',
  isStaff: false,
};
const period = {
  key: 'all',
  from: null,
  to: null,
  label: 'All time',
  compare: 'none',
  compareFrom: null,
  compareTo: null,
  compareLabel: null,
};
const slice = (rows: unknown[]) => ({
  rows,
  total: rows.length,
  totalIsFloor: false,
  next: null,
  previous: null,
});
const body = (name: string, path: string, props: Record<string, unknown>) => {
  const url = new URL(path, 'http://localhost');
  return render(`/src/components/pages/${name}.astro`, {
    props: { access, period, url, ...props },
    url: url.href,
  });
};
const text = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

afterAll(stopRendering);

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
    expect(html).toContain('No lead matches');
    expect(html).toContain('Clear all filters');
  });
});

describe('pipeline', () => {
  const stage = {
    stage: 'FDD sent',
    count: 2,
    value: 90_000,
    previousCount: null,
    previousValue: null,
    conversion: 0.5,
    daysInStage: 3.25,
    stuck: 1,
    outcome: 'open',
    likelyPct: 60,
  };
  const card = {
    id: 'o',
    name: 'Riley',
    company: null,
    stage: 'FDD sent',
    outcome: 'open',
    value: 45_000,
    source: null,
    createdAt: null,
    enteredStageAt: null,
  };
  const view = {
    totalValue: { value: 90_000, previous: null },
    stageCount: { value: 1, previous: null },
    averageDeal: { value: 45_000, previous: null },
    stages: [stage],
    opportunities: slice([card]),
  };
  const page = (path: string) =>
    body('PipelineBody', path, { view, filter: { sort: 'value', direction: 'desc' } });

  test('shows conversion, days in stage and who is stuck, with links to them', async () => {
    const html = await page('/w/summit/pipeline');
    expect(text(html)).toContain('50% 3.3 days 1 60%');
    expect(html).toContain('href="/w/summit/pipeline?stage=FDD+sent&amp;stuck=1#rows"');
  });

  test('shows the same stages as a board', async () => {
    const html = await page('/w/summit/pipeline?view=board');
    expect(html).toContain('aria-label="FDD sent"');
    expect(text(html)).toContain('Show all 2');
    expect(html).not.toContain('<table');
  });
});

describe('hot list', () => {
  test('shows the formula behind a figure', async () => {
    const row = {
      id: 'h',
      candidateName: 'Sam',
      market: null,
      units: 3,
      franchiseFee: 45_000,
      weightedIff: 81_000,
      stage: 'FDD sent',
      likelyPct: 60,
    };
    const html = await body('HotListBody', '/w/summit/hot-list', {
      view: { items: slice([row]), totalWeighted: 81_000 },
    });
    expect(html).toContain('popovertarget="formula-h"');
    expect(text(html)).toContain(
      'Units 3 Initial franchise fee per unit × $45,000 Likely, at ' +
        'stage “FDD sent” × 60% Weighted IFF = $81,000',
    );
  });
});

describe('notes', () => {
  const note = {
    id: 'n1',
    noteDate: new Date('2026-11-20T12:00:00Z'),
    author: null,
    content: 'Hello\n<script>',
    contactName: 'Sam',
  };
  const page = (path: string, view: Record<string, unknown>) =>
    body('NotesBody', path, {
      view: { notes: [note], total: 60, limit: 50, offset: 0, search: '', ...view },
    });

  test('shows date, author and escaped text, and loads more by a link', async () => {
    const html = await page('/w/summit/notes', {});
    expect(html).toContain('Unknown author');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toMatch(/href="\/w\/summit\/notes\?limit=51#note-n1"[^>]*>Load more/);
    expect(await page('/w/summit/notes', { total: 1 })).not.toContain('Load more');
  });

  test('tells an empty search from an empty workspace', async () => {
    expect(
      await page('/w/summit/notes?search=zz', { notes: [], total: 0, search: 'zz' }),
    ).toContain('Nothing holds “zz”');
    expect(await page('/w/summit/notes', { notes: [], total: 0 })).toContain('No notes yet');
  });
});

describe('schedule', () => {
  test('groups activities by day of the tenant and names the time zone', async () => {
    const activity = (id: string, at: string) => ({
      id,
      activityType: 'Call',
      scheduledAt: new Date(at),
      contactName: 'Sam',
      description: null,
      status: null,
    });
    const activities = [
      activity('a', '2030-01-01T06:30:00Z'),
      activity('b', '2030-01-01T07:30:00Z'),
    ];
    const html = text(
      await body('ScheduleBody', '/w/summit/schedule', { view: { activities, total: 2 } }),
    );
    expect(html).toMatch(/Monday, December 31, 2029 1 11:30 PM Call Sam/);
    expect(html).toMatch(/Tuesday, January 1, 2030 1 12:30 AM Call Sam/);
    expect(html).toContain('(America/Denver)');
  });
});

describe('reports', () => {
  test('the list is honest when it is empty, and tells staff what to do', async () => {
    expect(await body('ReportsBody', '/w/summit/reports', { reports: [] })).toContain(
      'No report has been published yet',
    );
    expect(
      await body('ReportsBody', '/w/summit/reports', {
        reports: [],
        access: { ...access, role: 'staff' },
      }),
    ).toContain('Publish one');
  });

  test('a snapshot holds no script', () => {
    expect(snapshot('<p>a</p><script type="module" src="/x.js"></script><b>c</b>')).toBe(
      '<p>a</p><b>c</b>',
    );
  });
});

describe('the frame of a page', () => {
  test("draws the stored theme on the server, with the tenant's accent made readable", async () => {
    const html = await render('/src/layouts/DashboardLayout.astro', {
      props: { access, title: 'Leads', page: 'leads' },
      headers: { cookie: 'theme=dark' },
    });
    expect(html).toMatch(/<html lang="en" data-theme="dark"/);
    expect(html).not.toContain('--accent-light:#ffcc00');
    expect(html).toContain('--accent-dark:#ffcc00');
    expect(
      await render('/src/layouts/DashboardLayout.astro', {
        props: { access, title: 'Leads', page: 'leads' },
        headers: { cookie: 'theme="><script>' },
      }),
    ).not.toMatch(/<html[^>]*data-theme/);
  });
});
