import { describe, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { useApi } from './fixtures.ts';

const db = useDatabase();
const api = useApi(db.url);

interface NotesBody {
  notes: {
    id: string;
    content: string;
    author: string | null;
    noteDate: string | null;
    contactName: string | null;
  }[];
  total: number;
  limit: number;
  offset: number;
  search: string;
}
const notes = (query: Record<string, string> = {}) =>
  api.viewer.json<NotesBody>(
    `/api/dashboard/notes?${new URLSearchParams({ tenant: 'north', ...query })}`,
  );
const noteTruth = () =>
  db.query<{ id: string; content: string; author: string }>(
    `select id, content, author
     from notes
     where tenant_id = $1 and deleted_at is null
     order by note_date desc nulls last, id desc`,
    [api.north.tenant.id],
  );

describe('GET /api/dashboard/notes', () => {
  it('answers 50 at a time, newest first, without gaps or repeats', async () => {
    const truth = await noteTruth();
    const pages = await Promise.all(
      ['', '50', '100', '150'].map((offset) => notes({ limit: '', offset, search: '' })),
    );
    expect(pages.map(({ body }) => body.notes.length)).toEqual([50, 50, 20, 0]);
    expect(pages.flatMap(({ body }) => body.notes.map(({ id }) => id))).toEqual(
      truth.map(({ id }) => id),
    );
    expect(pages[1]?.body).toMatchObject({
      total: truth.length,
      limit: 50,
      offset: 50,
      search: '',
    });
  });

  it('respects limit', async () => {
    const [all, few] = [await notes({ limit: '500' }), await notes({ limit: '7', offset: '3' })];
    expect(all.body.notes).toHaveLength(120);
    expect(few.body.notes).toEqual(all.body.notes.slice(3, 10));
  });

  it.each([
    '100%',
    '%',
    '_',
    'a_b',
    `it's "quoted"`,
    'back\\slash',
    "'; drop table notes; --",
    'DANA',
    'sam 50%',
    '\\',
    'nothing holds this',
  ])('finds the text %s literally', async (search) => {
    const wanted = search.toLowerCase();
    const truth = (await noteTruth()).filter(({ content, author }) =>
      [content, author].some((text) => text.toLowerCase().includes(wanted)),
    );
    const { body } = await notes({ search, limit: '500' });
    expect(body.notes.map(({ id }) => id)).toEqual(truth.map(({ id }) => id));
    expect(body.total).toBe(truth.length);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=1e9', 'offset'],
    ['search=%00', 'search'],
    [`search=${'x'.repeat(201)}`, 'search'],
    ['limt=5', 'limt'],
    ['limit=5&limit=6', 'limit'],
  ])('refuses %s', async (query, field) => {
    const { status, body } = await api.viewer.json(`/api/dashboard/notes?tenant=north&${query}`);
    expect(status).toBe(400);
    expect(body).toEqual({
      error: {
        code: 'bad_request',
        message: expect.stringContaining(field),
        requestId: expect.any(String),
        details: { fields: { [field]: expect.any(String) } },
      },
    });
  });
});

describe('GET /api/dashboard/schedule', () => {
  it('lists only what is ahead, soonest first, at most 100', async () => {
    const truth = await db.query<{ id: string }>(
      `select id
       from scheduled_activities
       where tenant_id = $1 and scheduled_at > now()
       order by scheduled_at, id`,
      [api.north.tenant.id],
    );
    const { status, body } = await api.viewer.json<{
      activities: { id: string; scheduledAt: string }[];
      total: number;
    }>('/api/dashboard/schedule?tenant=north');
    expect(status).toBe(200);
    expect(truth.length).toBe(130);
    expect(body.total).toBe(130);
    expect(body.activities.map(({ id }) => id)).toEqual(truth.slice(0, 100).map(({ id }) => id));
    const times = body.activities.map(({ scheduledAt }) => Date.parse(scheduledAt));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(Math.min(...times)).toBeGreaterThan(Date.now());
  });
});

describe('GET /api/dashboard/leads', () => {
  const totals = (query = '') => api.viewer.json(`/api/dashboard/leads?tenant=north${query}`);
  const count = async (column: string, where = 'true') => {
    const rows = await db.query<{ key: string; count: number }>(
      `select coalesce(${column}::text, '') as key, count(*)::int as count
       from leads
       where tenant_id = $1 and deleted_at is null and ${where}
       group by 1
       order by 2 desc, 1`,
      [api.north.tenant.id],
    );
    return rows;
  };
  const sum = (rows: { count: number }[]) => rows.reduce((total, row) => total + row.count, 0);

  it('totals all leads by source and status', async () => {
    const { body } = await totals();
    const [bySource, byStatus] = [await count('source'), await count('status')];
    const qualified = (await count('qualified')).find(({ key }) => key === 'true')?.count ?? 0;
    expect(body).toMatchObject({
      total: { value: 60, previous: null },
      qualified: { value: qualified },
      sources: { value: bySource.filter(({ key }) => key !== '').length },
      undated: 6,
    });
    expect(sum(bySource)).toBe(60);
    expect(body['bySource']).toMatchObject(bySource.map((row) => ({ ...row, previous: null })));
    expect(body['byStatus']).toMatchObject(byStatus);
  });

  it('totals a period by the calendar of the workspace, beside the one before', async () => {
    const within = (from: string, to: string) =>
      `(source_created_at at time zone 'America/Denver')::date between '${from}' and '${to}'`;
    const { body } = await totals('&period=custom&from=2026-03-15&to=2026-05-14&compare=previous');
    const [now, before] = [
      sum(await count('source', within('2026-03-15', '2026-05-14'))),
      sum(await count('source', within('2026-01-13', '2026-03-14'))),
    ];
    expect(now).toBeGreaterThan(0);
    expect(body).toMatchObject({
      total: { value: now, previous: before },
      period: { key: 'custom', from: '2026-03-15', to: '2026-05-14' },
    });
  });

  it.each([
    '&period=yesterday',
    '&period=custom',
    '&period=custom&from=2026-02-30&to=2026-03-01',
    '&period=custom&from=0000-01-01&to=2026-01-01',
    '&period=custom&from=0001-01-01&to=2026-01-01&compare=year',
    '&period=custom&from=1000-01-01&to=2026-01-01&compare=previous',
    '&period=custom&from=9999-12-20&to=9999-12-31',
    '&compare=never',
  ])('refuses %s', async (query) => {
    expect((await totals(query)).status).toBe(400);
  });
});

describe('isolation', () => {
  const paths = [
    '/api/sync/status',
    '/api/dashboard/notes',
    '/api/dashboard/schedule',
    '/api/dashboard/leads',
  ];
  const without = (text: string) => text.replace(/"requestId":"[^"]*"/, '');

  it.each(paths)('%s answers a foreign workspace exactly like an absent one', async (path) => {
    const [foreign, absent] = await Promise.all(
      ['south', 'nowhere'].map((slug) => api.viewer.fetch(`${path}?tenant=${slug}`)),
    );
    expect([foreign?.status, absent?.status]).toEqual([404, 404]);
    expect(without((await foreign?.text()) ?? '')).toBe(without((await absent?.text()) ?? '-'));
    const names = (headers?: Headers) => [...(headers?.keys() ?? [])].toSorted();
    expect(names(foreign?.headers)).toEqual(names(absent?.headers));
  });

  it.each(paths)('%s holds nothing of another workspace', async (path) => {
    const own = await api.stranger.text(`${path}?tenant=south`);
    const other = await api.viewer.text(
      `${path}?tenant=north&${path.endsWith('notes') ? 'search=Canary' : ''}`,
    );
    if (!path.includes('leads') && !path.includes('status')) expect(own).toContain('Canary South');
    expect(other).not.toContain('Canary South');
  });

  it.each(paths)('%s asks for a session', async (path) => {
    expect((await api.web.visitor().json(path)).body).toMatchObject({
      error: { code: 'unauthenticated' },
    });
  });

  it('starts no sync elsewhere', async () => {
    expect((await api.member.postJson('/api/sync?tenant=south')).status).toBe(404);
  });
});
