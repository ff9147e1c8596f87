import { describe, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { useApi } from './fixtures.ts';

const db = useDatabase();
const api = useApi(db.url);

interface Body {
  leads: {
    id: string;
    name: string;
    source: string | null;
    status: string;
    email: string | null;
    score: number | null;
  }[];
  total: number;
  totalIsFloor: boolean;
  next: string | null;
}

const toCursor = (time: string) =>
  Buffer.from(JSON.stringify(['after', time, '01a22c91-e76b-7f67-bc52-d5251f6b48c7'])).toString(
    'base64url',
  );
const list = async (query = '') =>
  (await api.viewer.json<Body>(`/api/leads?tenant=north${query}`)).body;

describe('GET /api/leads', () => {
  it('gives every lead once, page by page, in the order that was asked for', async () => {
    const found: Body['leads'] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Body = await list(
        `&sort=name&direction=asc&limit=25${cursor && `&cursor=${cursor}`}`,
      );
      expect([page.total, page.totalIsFloor]).toEqual([60, false]);
      found.push(...page.leads);
      cursor = page.next;
    }
    const truth = await db.query<{ id: string }>(
      `select l.id
       from leads l
       join tenants t on t.id = l.tenant_id
       where t.slug = $1
       order by sort_name collate "C", l.id`,
      ['north'],
    );
    expect(found.map(({ id }) => id)).toEqual(truth.map(({ id }) => id));
  });

  it('filters and searches as the page does', async () => {
    expect(await list('&source=Referral&status=FDD+Sent')).toMatchObject({
      total: 15,
      leads: expect.arrayContaining([
        expect.objectContaining({ source: 'Referral', status: 'FDD Sent' }),
      ]),
    });
    expect((await list('&search=zoe+luk')).leads.map(({ name }) => name)).toEqual([
      'Zoë Łukasiewicz',
    ]);
    expect((await list('&search=lead7%40example.com')).leads.map(({ email }) => email)).toEqual([
      'lead7@example.com',
    ]);
    expect(await list('&search=nobody')).toEqual({
      leads: [],
      total: 0,
      totalIsFloor: false,
      next: null,
    });
    await db.query(
      `update leads
       set score = 90, sort_score = 90, segment = 'Migration', push_state = 'failed'
       where email = 'lead7@example.com'`,
    );
    for (const query of [
      '&segment=Migration',
      '&scoreMin=80',
      '&push=failed',
      '&domain=example.com&scoreMin=90&scoreMax=90',
    ])
      expect((await list(query)).leads, query).toMatchObject([
        { email: 'lead7@example.com', score: 90 },
      ]);
    expect((await list('&push=never')).total).toBe(59);
  });

  it.each([
    ['scoreMin=101', 'scoreMin'],
    ['segment=Hot', 'segment'],
    ['push=maybe', 'push'],
    ['cursor=x', 'cursor'],
    ['limit=0', 'limit'],
    ['period=custom', 'from'],
    ['period=custom&from=0001-01-01&to=2026-01-01', 'from'],
    ['period=custom&from=2026-01-01&to=9999-12-31', 'to'],
    [`cursor=${toCursor('2026-13-01 00:00:00+00')}`, 'cursor'],
    [`cursor=${toCursor('2026-02-30 00:00:00+00')}`, 'cursor'],
    [`cursor=${toCursor('0000-01-01 00:00:00+00')}`, 'cursor'],
    [`cursor=${toCursor('2026-01-01 25:61:61+00')}`, 'cursor'],
    ['colour=red', 'colour'],
  ])('refuses %s and names it', async (query, field) => {
    const { status, body } = await api.viewer.json<{
      error: { details: { fields: Record<string, string> } };
    }>(`/api/leads?tenant=north&${query}`);
    expect([status, Object.keys(body.error.details.fields)]).toEqual([400, [field]]);
  });
});

describe('GET /api/leads/{id}', () => {
  it('gives one lead with what is kept of it, and to strangers nothing', async () => {
    const [first] = (await list('&search=lead7%40example.com')).leads;
    const { status, body } = await api.viewer.json(`/api/leads/${first?.id}?tenant=north`);
    expect([status, body]).toMatchObject([
      200,
      {
        id: first?.id,
        system: 'ClientTether',
        externalId: '7',
        notes: 2,
        createdAt: expect.stringMatching(/Z$/),
      },
    ]);
    const absent = { error: { code: 'not_found' } };
    expect((await api.stranger.json(`/api/leads/${first?.id}?tenant=south`)).body).toMatchObject(
      absent,
    );
    expect((await api.viewer.json('/api/leads/not-an-id?tenant=north')).body).toMatchObject(absent);
  });
});

describe('the Leads page', () => {
  it('is redirected to the last filter, which an address without script can clear', async () => {
    const location = async (path: string) =>
      (await api.member.fetch(`/w/north/leads${path}`)).headers.get('location');
    expect(await location('')).toBeNull();
    expect(await location('?segment=Migration&sort=score')).toBeNull();
    expect(await location('')).toBe('/w/north/leads?segment=Migration&sort=score');
    expect(await location('?lead=x')).toBe('/w/north/leads?segment=Migration&sort=score&lead=x');
    expect(await location('?filters=none')).toBe('/w/north/leads');
    expect(await location('')).toBeNull();
  });

  it('exports what it shows', async () => {
    const lines = (await api.viewer.text('/w/north/leads.csv?push=failed')).trim().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('Score');
  });
});
