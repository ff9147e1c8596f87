import { describe, expect, test } from 'vitest';
import { stripScripts } from '../../src/components/reports/reports.ts';
import { render } from './render.ts';
import { access, slice, body, text } from './page-body.ts';

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
    enteredStageAt: new Date('2026-11-20T12:00:00Z'),
  };
  const view = {
    openValue: { value: 90_000, previous: null },
    wonValue: 0,
    outcomes: { open: 2, won: 0, lost: 0, all: 2 },
    stageCount: { value: 1, previous: null },
    averageDeal: { value: 45_000, previous: null },
    pipelines: [{ connectionId: 'c', system: 'ClientTether', stages: [stage] }],
    opportunities: slice([card]),
    board: null as { connectionId: string; stage: string; rows: unknown[] }[] | null,
  };
  const filter = { sort: 'value', direction: 'desc', outcome: 'open' };
  const page = (path: string, changes: Partial<typeof view> = {}) =>
    body('PipelineBody', path, { view: { ...view, ...changes }, filter });

  test('shows conversion, days in stage and who is stuck, with links to them', async () => {
    const html = await page('/w/summit/pipeline');
    expect(text(html)).toContain('50% 3.3 days 1 60%');
    expect(html).toContain('href="/w/summit/pipeline?stage=FDD+sent&amp;stuck=1#rows"');
  });

  test('shows the same stages as a board', async () => {
    const html = await page('/w/summit/pipeline?view=board', {
      board: [{ connectionId: 'c', stage: 'FDD sent', rows: [card] }],
    });
    expect(text(html)).toContain('Riley');
    expect(html).toContain('aria-label="FDD sent"');
    expect(text(html)).toContain('Show all 2');
    expect(html).not.toContain('<table');
  });

  test('keeps the stages of two systems apart, even if they share a name', async () => {
    const pipelines = ['ClientTether', 'Dynamics 365'].map((system, index) => ({
      connectionId: `c${index}`,
      system,
      stages: [{ ...stage, count: index + 1 }],
    }));
    const html = await page('/w/summit/pipeline', { pipelines });
    expect(text(html)).toMatch(/ClientTether .* FDD sent 1 .* Dynamics 365 FDD sent 2 /);
    expect(html).toContain('href="/w/summit/pipeline?stage=FDD+sent&amp;connection=c1#rows"');
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
    expect(html).toMatch(/href="\/w\/summit\/notes\?limit=51#note-n1"[^>]*>\s*Load more/);
    expect(await page('/w/summit/notes', { total: 1 })).not.toContain('Load more');
  });

  test('tells an empty search from an empty workspace', async () => {
    expect(
      await page('/w/summit/notes?search=zz', { notes: [], total: 0, search: 'zz' }),
    ).toContain('No note or author contains “zz”');
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
      'No reports yet',
    );
    expect(
      await body('ReportsBody', '/w/summit/reports', {
        reports: [],
        access: { ...access, role: 'staff' },
      }),
    ).toContain('Publish a report to');
  });

  test('a snapshot holds no script', () => {
    expect(stripScripts('<p>a</p><script type="module" src="/x.js"></script><b>c</b>')).toBe(
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
