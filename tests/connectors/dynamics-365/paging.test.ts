import { describe, expect, it } from 'vitest';
import { dynamics365 } from '#lib/connectors/dynamics-365/index.ts';
import type { Page } from '#lib/connectors/contract/source.ts';
import { lead } from '../../sandbox/dynamics-rows.ts';
import { pagesOf } from '../streams.ts';
import { changes, connect, full, streamOf } from './harness.ts';

const ids = (pages: readonly Page[]) =>
  pages.flatMap(({ items }) => items.map((item) => streamOf('leads').identify(item) ?? ''));
const expired = { name: 'RemoteError', kind: 'cursor_invalid' };

describe('a table', () => {
  it('is listed by the very links that the source gives, with the same preferences', async () => {
    const { sandbox, read } = await connect({ leads: 23 }, { pageSize: 5 });
    const pages = await pagesOf(read('leads'));
    expect(pages.map(({ items, last }) => [items.length, last])).toEqual([
      [5, false],
      [5, false],
      [5, false],
      [5, false],
      [3, true],
    ]);
    const links = pages
      .slice(0, -1)
      .map(
        ({ response: answer }) =>
          (JSON.parse(answer.body) as { '@odata.nextLink': string })['@odata.nextLink'],
      );
    const asked = sandbox.log
      .entries()
      .filter(({ endpoint }) => endpoint === 'GET api/data/v9.2/leads')
      .map(({ path }) => `${sandbox.url}${path}`);
    expect(asked.slice(1)).toEqual(links);
    expect(links[0]).toContain('%253ccookie');
    expect(pages.map(({ token }) => token === undefined)).toEqual([true, true, true, true, false]);
    expect(new Set(ids(pages)).size).toBe(23);
    expect(pages[0]?.response.headers['preference-applied']).toContain('odata.track-changes');
  });

  it('goes on after any page; begins anew with another page size or an unknown place', async () => {
    const { read, access } = await connect({ leads: 12 }, { pageSize: 4 });
    const pages = await pagesOf(read('leads'));
    const cursor = pages[0]?.cursor ?? null;
    access.settings.pageSize = 7;
    expect(ids(await pagesOf(read('leads', full, cursor)))).toEqual(ids(pages.slice(1)));
    const { link } = cursor as { link: string };
    await expect(
      pagesOf(read('leads', full, { ...(cursor as object), link: link.replace('%25', '%2525') })),
    ).rejects.toMatchObject(expired);
  });

  it('is followed by its delta link: what changed, went, and came and went between', async () => {
    const { sandbox, read } = await connect({ leads: 8 }, { pageSize: 3 });
    const { mutate } = sandbox.dynamics365;
    const first = await pagesOf(read('leads'));
    const token = first.at(-1)?.token ?? null;
    const [one = '', two = ''] = ids(first);
    const [made = ''] = mutate('org', { changes: [lead({})] }).ids;
    mutate('org', {
      changes: [
        { op: 'update', kind: 'lead', id: one, row: { subject: 'Other' } },
        { op: 'delete', kind: 'lead', id: two },
        { op: 'delete', kind: 'lead', id: made },
      ],
    });
    const second = await pagesOf(read('leads', changes(token)));
    expect(ids(second)).toEqual([one]);
    expect(second.flatMap(({ deleted = [] }) => deleted)).toEqual([two, made]);
    const last = second.at(-1);
    expect(streamOf('leads').parse(last?.response.body ?? '')).toEqual(last?.items);
    expect(await pagesOf(read('leads', changes(last?.token ?? null)))).toMatchObject([
      { items: [], last: true },
    ]);
  });

  it('is read whole again when the delta link is too old, whatever status says so', async () => {
    for (const expiredStatus of [400, 404, 410, 500]) {
      const { sandbox, read } = await connect({ leads: 3, expiredStatus, trackingDays: 0.01 });
      const token = (await pagesOf(read('leads'))).at(-1)?.token ?? null;
      sandbox.clock.shift(900_000);
      sandbox.log.clear();
      await expect(
        pagesOf(read('leads', changes(token))),
        String(expiredStatus),
      ).rejects.toMatchObject({
        ...expired,
        message: expect.stringContaining('everything is read again') as string,
      });
      expect(sandbox.log.counters().total.requests).toBe(1);
    }
  });

  it('is asked again when a server error is only that', async () => {
    const { sandbox, read } = await connect({ leads: 3 });
    const token = (await pagesOf(read('leads'))).at(-1)?.token ?? null;
    sandbox.faults.arm({
      kind: 'status',
      status: 500,
      endpoint: 'GET api/data/v9.2/leads',
      next: 2,
    });
    expect(await pagesOf(read('leads', changes(token)))).toMatchObject([{ last: true, items: [] }]);
  });

  it('is read whole again when other columns are wanted than the link was made for', async () => {
    const { read } = await connect({ leads: 3 });
    const token = (await pagesOf(read('leads'))).at(-1)?.token as { wanted: string };
    await expect(
      pagesOf(read('leads', changes({ ...token, wanted: 'fullname' }))),
    ).rejects.toMatchObject(expired);
  });

  it.each([
    ['its changes are not tracked', { untracked: ['lead' as const] }],
    ['the application may not read the whole organisation', { readsOrganisation: false }],
  ])('is followed by time when %s', async (_why, spec) => {
    const { sandbox, read } = await connect({ leads: 6, ...spec }, { pageSize: 4 });
    const first = await pagesOf(read('leads'));
    expect(ids(first)).toHaveLength(6);
    const token = first.at(-1)?.token ?? null;
    expect(token).toMatchObject({ since: '2026-11-20T12:00:00.000Z' });
    sandbox.clock.shift(50 * 60_000);
    const [made] = sandbox.dynamics365.mutate('org', { changes: [lead({})] }).ids;
    const second = await pagesOf(read('leads', changes(token)));
    expect(ids(second)).toContain(made);
    expect(ids(second).length).toBeLessThan(6);
    expect(second.at(-1)?.token).toMatchObject({ since: '2026-11-20T12:50:00.000Z' });
  });

  it('is followed by time when its tracked list ends without a delta link', async () => {
    const { sandbox, read } = await connect(
      { leads: 6, deltaLinks: 'unannotated' },
      { pageSize: 4 },
    );
    const first = await pagesOf(read('leads'));
    expect(ids(first)).toHaveLength(6);
    expect(first[0]?.response.headers['preference-applied']).toContain('odata.track-changes');
    const token = first.at(-1)?.token ?? null;
    expect(token).toMatchObject({ since: '2026-11-20T12:00:00.000Z' });
    expect(token).not.toHaveProperty('delta');
    sandbox.clock.shift(50 * 60_000);
    const [made] = sandbox.dynamics365.mutate('org', { changes: [lead({})] }).ids;
    expect(ids(await pagesOf(read('leads', changes(token))))).toContain(made);
  });

  it('is followed by time as well when its delta link answers {}, and by the link again', async () => {
    const { sandbox, read } = await connect({ leads: 6, quietDelta: 'empty' });
    const { mutate } = sandbox.dynamics365;
    const first = await pagesOf(read('leads'));
    sandbox.clock.shift(50 * 60_000);
    const quiet = await pagesOf(read('leads', changes(first.at(-1)?.token ?? null)));
    expect(quiet.map(({ last }) => last)).toEqual([true]);
    const kept = first.at(-1)?.token as { delta: string };
    const token = quiet.at(-1)?.token ?? null;
    expect(token).toMatchObject({ delta: kept.delta, from: '2026-11-20T12:50:00.000Z' });
    const [gone = ''] = ids(first);
    mutate('org', { changes: [{ op: 'delete', kind: 'lead', id: gone }] });
    const loud = await pagesOf(read('leads', changes(token)));
    expect(loud.flatMap(({ deleted = [] }) => deleted)).toEqual([gone]);
    expect(loud.at(-1)?.token).not.toMatchObject({ delta: kept.delta });
  });

  it('is read with the columns that the customer has', async () => {
    const { sandbox, read } = await connect({ without: ['hnt_spfstatus', 'jobtitle'] });
    sandbox.dynamics365.mutate('org', {
      changes: [lead({ hnt_leadid: 'x', hnt_segment: 859_870_000 })],
    });
    const [item] = (await pagesOf(read('leads'))).flatMap(({ items }) => items) as Record<
      string,
      unknown
    >[];
    expect(item).toMatchObject({
      hnt_leadid: 'x',
      'hnt_segment@OData.Community.Display.V1.FormattedValue': 'Migration',
    });
    expect(item).not.toHaveProperty('hnt_spfstatus');
    expect(item).not.toHaveProperty('jobtitle');
  });

  it('is read without the companions of choices and lookups, which metadata lists too', async () => {
    const { call, sandbox, read } = await connect({ leads: 2 });
    const { body } = await call(
      'GET',
      "EntityDefinitions(LogicalName='lead')?$expand=Attributes($select=LogicalName,AttributeOf)",
    );
    expect(body.Attributes).toContainEqual(
      expect.objectContaining({ LogicalName: 'hnt_segmentname', AttributeOf: 'hnt_segment' }),
    );
    sandbox.log.clear();
    const pages = await pagesOf(read('leads'));
    expect(ids(pages)).toHaveLength(2);
    expect(pages.at(-1)?.token).toMatchObject({
      select: expect.not.stringContaining('name,hnt_hunter') as string,
    });
    expect(sandbox.log.entries().map(({ status }) => status)).toEqual([200, 200]);
  });

  it('is read without a column that the source refuses although metadata lists it', async () => {
    const { sandbox, read } = await connect({ leads: 2, hidden: ['hnt_domain', 'jobtitle'] });
    const pages = await pagesOf(read('leads'));
    expect(ids(pages)).toHaveLength(2);
    const select = String((pages.at(-1)?.token as { select?: string } | undefined)?.select);
    expect(select.split(',')).toEqual(expect.arrayContaining(['hnt_segment', 'fullname']));
    expect(select).not.toMatch(/hnt_domain|jobtitle/);
    expect(pages.at(-1)?.response.headers['preference-applied']).toContain('odata.track-changes');
    sandbox.clock.shift(60_000);
    expect(await pagesOf(read('leads', changes(pages.at(-1)?.token ?? null)))).toMatchObject([
      { last: true },
    ]);
  });

  it('is not read without its own columns because the question about them failed', async () => {
    const { sandbox, read } = await connect({ leads: 1 });
    sandbox.faults.arm({
      kind: 'redirect',
      location: 'https://elsewhere.test/',
      endpoint: 'GET api/data/v9.2/EntityDefinitions(:name)',
      next: 1,
    });
    await expect(pagesOf(read('leads'))).rejects.toMatchObject({ kind: 'malformed' });
    sandbox.faults.arm({
      kind: 'status',
      status: 403,
      endpoint: 'GET api/data/v9.2/EntityDefinitions(:name)',
      next: 1,
    });
    expect((await pagesOf(read('leads'))).at(-1)?.token).toMatchObject({
      select: expect.not.stringContaining('hnt_') as string,
    });
  });

  it('is out of reach without the privilege, which is named', async () => {
    const { read, access } = await connect({ denied: ['read:task'] });
    await expect(pagesOf(read('tasks'))).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('prvReadTask') as string,
    });
    await expect(dynamics365.check(access)).resolves.toBeUndefined();
  });

  it('belongs to an environment that says who is asking', async () => {
    const { sandbox, access } = await connect({});
    const { userId, organizationId } = sandbox.dynamics365.org('org');
    expect(await dynamics365.whoAmI?.(access)).toBe(`# Tributary (organisation ${organizationId})`);
    const { access: narrow } = await connect({ denied: ['read:systemuser'] });
    expect(await dynamics365.whoAmI?.(narrow)).toBe(
      `user ${userId} (organisation ${organizationId})`,
    );
    access.settings.baseUrl = 'https://your-org.crm.dynamics.com/';
    await expect(dynamics365.check(access)).rejects.toThrow('only an example');
  });
});
