import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { find, findAll, parseHtml, textOf } from '../helpers/html.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';

const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
const timeZone = 'America/Denver';
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
let sandbox: Sandbox;
let web: Web;
let viewer: WebClient;
let member: WebClient;
let stranger: WebClient;
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 260,
        countedOn: now,
        pageSize: 100,
      },
    ],
    now,
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North', timeZone })).id;
  await createTenant({ slug: 'south', name: 'South' });
  const settings = {
    baseUrl: sandbox.partnerCenter.baseUrl,
    loginUrl: sandbox.partnerCenter.loginUrl,
    clientId: credentials.clientId,
  };
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings,
      secrets: { clientSecret: credentials.clientSecret, refreshToken: credentials.refreshToken },
    })
  ).id;
  expect(await syncConnection({ tenantId, connectionId, trigger: 'cli' })).toMatchObject({
    status: 'success',
  });
  for (const [name, slug, role] of [
    ['viewer', 'north', 'viewer'],
    ['member', 'north', 'member'],
    ['stranger', 'south', 'member'],
  ] as const)
    await createUser({ email: `${name}@${slug}.test`, password, tenantSlug: slug, role });
  web = await startWeb(db.url);
  [viewer, member, stranger] = await Promise.all([
    web.signIn('viewer@north.test'),
    web.signIn('member@north.test'),
    web.signIn('stranger@south.test'),
  ]);
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close(0);
});

interface Raw {
  id: string;
  name: string;
  type: string;
  qualification: string;
  status: string;
  createdDateTime: string;
  customerProfile: { team: { email: string }[] };
  inviteContext: { invitedBy: { organizationId: string } | null };
}
interface List {
  referrals: {
    id: string;
    externalId: string;
    type: string;
    status: string;
    domain: string | null;
    updatedAt: string;
  }[];
  total: number;
  next: string | null;
}

/** What the sandbox holds, with what the documents of Partner Center say that it means. */
const truth = () =>
  (sandbox.partnerCenter.truth('partner').referrals as unknown as Raw[]).map((raw) => {
    const byPartner = (raw.inviteContext.invitedBy?.organizationId ?? 'msft') !== 'msft';
    const type =
      raw.type === 'Shared' || byPartner
        ? 'co-sell'
        : raw.qualification === 'Direct'
          ? 'marketplace'
          : 'solution-provider';
    const host = raw.customerProfile.team[0]?.email.split('@')[1] ?? '';
    return {
      id: raw.id,
      name: raw.name,
      type,
      status: raw.status,
      domain: host.startsWith('mail.') ? host.slice(5) : null,
      day: new Date(raw.createdDateTime).toLocaleDateString('sv-SE', { timeZone }),
    };
  });
const idsWhere = (meets: (one: ReturnType<typeof truth>[number]) => boolean) =>
  truth()
    .filter(meets)
    .map(({ id }) => id)
    .toSorted();

/** Follows the cursors to the end. */
async function all(query: string, limit = 100): Promise<List['referrals']> {
  const found: List['referrals'] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body }: { status: number; body: List } = await viewer.json<List>(
      `/api/referrals?tenant=north&limit=${limit}&${query}${cursor && `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    found.push(...body.referrals);
    expect(body.referrals.length).toBeLessThanOrEqual(limit);
    cursor = body.next;
  }
  return found;
}
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

describe('POST /api/referrals/{id}', () => {
  const active = { status: 'Active', substatus: 'Accepted' };
  const closed = { status: 'Closed', substatus: 'Lost' };

  it('changes a referral at the source, for members, along what may follow', async () => {
    const [row] = await all('status=New');
    const address = `/api/referrals/${row?.id}?tenant=north`;
    expect((await viewer.postJson(address, active)).status).toBe(403);
    expect((await stranger.postJson(address, active)).status).toBe(404);
    for (const body of [
      {},
      { status: 'Active' },
      { ...active, more: 1 },
      { status: 'New', substatus: 'Pending' },
      { status: 'Closed', substatus: 'Expired' },
    ])
      expect((await member.postJson(address, body)).status).toBe(400);
    expect(await member.postJson(address, active)).toMatchObject({ status: 200, body: active });
    expect(
      (sandbox.partnerCenter.truth('partner').referrals as unknown as Raw[]).find(
        ({ id }) => id === row?.externalId,
      ),
    ).toMatchObject(active);
    expect(
      await db.query('select outcome, requested_by is not null as named from write_backs'),
    ).toEqual([{ outcome: 'done', named: true }]);
  });

  it('is a form on the page of a referral, which shows at once what was written', async () => {
    // The list still shows the one that was changed before as new.
    const [, row] = await all('status=New');
    const path = `/w/north/referrals/${row?.id}?type=${row?.type}`;
    const shown = async (client: WebClient) => parseHtml(await client.text(path));
    expect(findAll(await shown(viewer), 'select[name="state"]')).toEqual([]);
    expect(
      findAll(await shown(member), 'option').map(({ attributes }) => attributes['value']),
    ).toEqual(['Active/Accepted', 'Closed/Declined', 'Closed/Won', 'Closed/Lost']);
    expect((await viewer.postForm(path, { state: 'Active/Accepted' })).status).toBe(403);
    expect((await member.postForm(path, { state: 'x' })).status).toBe(400);
    const answer = await member.postForm(path, { state: `${closed.status}/${closed.substatus}` });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${path}&done=changed`]);
    const page = textOf(find(parseHtml(await member.text(`${path}&done=changed`)), '#main'));
    for (const words of [
      'Partner Center has taken the change',
      'Lost',
      'It is Lost. Change it to',
      'was taken',
    ])
      expect(page).toContain(words);
  });

  afterAll(async () => {
    await db.query('delete from write_backs');
    await db.query(`delete from pgboss.job where name = 'sync-connection'`);
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
  });
});

describe('POST /api/referrals/sync', () => {
  const start = '/api/referrals/sync?tenant=north';

  it('is for members, starts one sync of Partner Center, and refuses a second', async () => {
    await createConnection({
      tenantId,
      provider: 'clienttether',
      settings: { baseUrl: 'http://127.0.0.1:9/' },
      secrets: { webKey: 'k', accessToken: 'token-of-another-system' },
    });
    expect((await viewer.postJson(start)).status).toBe(403);
    const status = async () =>
      textOf(find(parseHtml(await viewer.text('/w/north/referrals')), '[data-referral-sync]'));
    expect(await status()).toMatch(/^Last sync: .* \(OK\)$/);
    expect(await member.postJson(start)).toMatchObject({ status: 202, body: { queued: 1 } });
    expect(await status()).toMatch(/\(queued\)$/);
    await db.query(`update pgboss.job set state = 'completed' where name = 'sync-connection'`);
    await db.query(`delete from pgboss.job where name = 'sync-connection'`);
    const form = await member.postForm(start, { return: '/w/north/referrals?type=co-sell' });
    expect([form.status, form.headers.get('location')]).toEqual([
      303,
      '/w/north/referrals?type=co-sell&done=sync-started',
    ]);
    expect(await member.postJson(start)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
    expect(
      await db.query(
        `select data->>'connectionId' as id from pgboss.job where name = 'sync-connection'`,
      ),
    ).toEqual([{ id: connectionId }]);
  });

  it('says what is missing where Partner Center is not connected', async () => {
    const { status, body } = await stranger.postJson<{ error: { message: string } }>(
      '/api/referrals/sync?tenant=south',
    );
    expect([status, body.error.message]).toEqual([
      409,
      'This workspace has no connection to Partner Center to sync. Connect one first.',
    ]);
  });
});

describe('the page', () => {
  const page = async (query = '') => parseHtml(await viewer.text(`/w/north/referrals${query}`));

  it('shows what the source holds, counted, filtered and found by company', async () => {
    const html = await page('?status=Closed&type=co-sell');
    const wanted = idsWhere(({ status, type }) => status === 'Closed' && type === 'co-sell').length;
    expect(textOf(find(html, '.pager'))).toContain(`of ${wanted} referrals`);
    expect(findAll(html, '.kpi').map((card) => textOf(find(card, '.kpi-value')))).toEqual(
      [
        truth().length,
        ...['New', 'Active'].map((status) => idsWhere((one) => one.status === status).length),
      ].map(String),
    );
    const [first] = truth();
    const company = first?.name.split(' for ')[1] ?? '';
    expect(
      textOf(find(await page(`?search=${encodeURIComponent(company.toLowerCase())}`), '.pager')),
    ).toContain(`of ${idsWhere(({ name }) => name.endsWith(company)).length} referrals`);
    expect(textOf(await page('?search=nobody+at+all'))).toContain('No referral matches');
  });

  it.each(['updated', 'created', 'name'])('pages through everything by %s', async (sort) => {
    const found: string[] = [];
    for (let query: string | undefined = `?sort=${sort}&direction=asc`; query !== undefined;) {
      const html = await page(query);
      found.push(
        ...findAll(find(html, 'tbody'), 'a').flatMap(
          ({ attributes }) => /\/referrals\/([\w-]+)/.exec(attributes['href'] ?? '')?.[1] ?? [],
        ),
      );
      query = findAll(html, 'a')
        .find(({ attributes }) => attributes['rel'] === 'next')
        ?.attributes['href']?.replace(/^[^?]*/, '')
        .replace(/#.*/, '');
    }
    expect([found.length, new Set(found).size]).toEqual([truth().length, truth().length]);
  });

  it('opens one, and leads back to the same list', async () => {
    const [link = { attributes: {} as Record<string, string> }] = findAll(
      find(await page('?type=co-sell'), 'tbody'),
      'a',
    );
    const opened = parseHtml(await viewer.text(`${link.attributes['href']}&done=sync-started`));
    expect(textOf(find(opened, '#main'))).toContain('Co-sell');
    expect(findAll(opened, 'a').map(({ attributes }) => attributes['href'])).toContain(
      '/w/north/referrals?type=co-sell#rows',
    );
    expect(
      (await viewer.fetch('/w/north/referrals/00000000-0000-4000-8000-000000000000')).status,
    ).toBe(404);
  });

  it('says what to do where Partner Center is not connected', async () => {
    expect(textOf(parseHtml(await stranger.text('/w/south/referrals')))).toContain(
      'Ask an admin of this workspace to connect it.',
    );
  });

  it('exports what it shows, each amount with its currency', async () => {
    const csv = await viewer.text('/w/north/referrals.csv?type=marketplace');
    expect(csv.trim().split('\r\n')).toHaveLength(
      1 + idsWhere(({ type }) => type === 'marketplace').length,
    );
    expect(csv).toMatch(/^Name,Company,Type,Status,Substatus,Direction,Deal value,Currency,/);
    expect((await viewer.fetch('/w/north/referrals.xlsx')).headers.get('content-type')).toContain(
      'spreadsheetml',
    );
  });
});
