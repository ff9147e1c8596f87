import { describe, expect, it } from 'vitest';
import { web, viewer, stranger, type List, truth, idsWhere, all } from './referrals-stage.ts';

const ids = async (query: string) =>
  (await all(query)).map(({ externalId }) => externalId).toSorted();

describe('GET /api/referrals', () => {
  it('filters as the source would', async () => {
    const [common = ''] = truth().flatMap(({ domain }) => domain ?? []);
    const days = truth()
      .map(({ day }) => day)
      .toSorted();
    const [from = '', to = ''] = [days[60], days[180]];
    const filters: [string, (one: ReturnType<typeof truth>[number]) => boolean][] = [
      ['', () => true],
      ...['New', 'Active', 'Closed', 'closed'].map((status): (typeof filters)[number] => [
        `status=${status}`,
        (one) => one.status === status,
      ]),
      ...['co-sell', 'marketplace', 'solution-provider'].map((type): (typeof filters)[number] => [
        `type=${type}`,
        (one) => one.type === type,
      ]),
      [`domain=${common}`, ({ domain }) => domain === common],
      [
        `domain=${encodeURIComponent(`https://WWW.${common.toUpperCase()}/about?x=1`)}`,
        ({ domain }) => domain === common,
      ],
      [`domain=${encodeURIComponent(`somebody@${common}`)}`, ({ domain }) => domain === common],
      [
        `domain=${common.slice(0, 4).toUpperCase()}`,
        ({ domain }) => domain?.startsWith(common.slice(0, 4)) ?? false,
      ],
      ['domain=%25', () => false],
      [`from=${from}`, ({ day }) => day >= from],
      [`to=${to}`, ({ day }) => day <= to],
      [
        `from=${from}&to=${to}&status=Closed&type=co-sell`,
        ({ day, status, type }) =>
          day >= from && day <= to && status === 'Closed' && type === 'co-sell',
      ],
    ];
    for (const [query, meets] of filters) expect(await ids(query), query).toEqual(idsWhere(meets));
    expect(idsWhere(({ domain }) => domain === common).length).toBeGreaterThan(1);
  });

  it.each([1, 7, 200])(
    'lists everything once, by %i, those that changed last first',
    async (limit) => {
      const query = limit === 1 ? 'status=New' : '';
      const rows = await all(query, limit);
      expect(rows.map(({ externalId }) => externalId).toSorted()).toEqual(
        idsWhere(({ status }) => limit > 1 || status === 'New'),
      );
      const times = rows.map(({ updatedAt }) => updatedAt);
      expect(times).toEqual(times.toSorted().reverse());
    },
  );

  it('counts all that match, whatever the limit', async () => {
    const { body } = await viewer.json<List>(
      '/api/referrals?tenant=north&limit=3&type=marketplace',
    );
    expect([body.referrals.length, body.total]).toEqual([
      3,
      idsWhere(({ type }) => type === 'marketplace').length,
    ]);
  });

  it.each([
    'type=gold',
    'from=2026-02-30',
    'from=0000-01-01',
    'from=1899-12-31',
    'to=9999-12-31',
    'to=yesterday',
    'from=2026-05-02&to=2026-05-01',
    'limit=0',
    'limit=201',
    'limit=x',
    'cursor=rubbish',
    'status=a%00b',
    'nothing=1',
    'type=co-sell&type=marketplace',
    `domain=${'a'.repeat(201)}`,
    `cursor=${Buffer.from(JSON.stringify(['after', 'x', '0'])).toString('base64url')}`,
  ])('refuses %s', async (query) => {
    const { status, body } = await viewer.json(`/api/referrals?tenant=north&${query}`);
    expect([status, body]).toMatchObject([
      400,
      { error: { code: 'bad_request', details: { fields: expect.any(Object) as object } } },
    ]);
  });

  it('shows nothing to others', async () => {
    expect((await stranger.json('/api/referrals?tenant=north')).status).toBe(404);
    expect((await web.visitor().json('/api/referrals?tenant=north')).status).toBe(401);
    expect((await stranger.json<List>('/api/referrals?tenant=south')).body).toEqual({
      referrals: [],
      total: 0,
      next: null,
    });
  });
});

describe('GET /api/referrals/{id}', () => {
  it('tells all of one, and of no other tenant', async () => {
    const [row] = await all('type=co-sell');
    const { status, body } = await viewer.json(`/api/referrals/${row?.id}?tenant=north`);
    expect([status, body]).toMatchObject([
      200,
      { ...row, source: 'Partner Center', engagementId: expect.any(String) as string },
    ]);
    expect((await stranger.json(`/api/referrals/${row?.id}?tenant=north`)).status).toBe(404);
    expect((await stranger.json(`/api/referrals/${row?.id}?tenant=south`)).status).toBe(404);
    for (const id of ['00000000-0000-4000-8000-000000000000', 'x', "'"])
      expect(
        (await viewer.json(`/api/referrals/${encodeURIComponent(id)}?tenant=north`)).status,
      ).toBe(404);
    expect((await viewer.json(`/api/referrals/${row?.id}?tenant=north&more=1`)).status).toBe(400);
  });
});
