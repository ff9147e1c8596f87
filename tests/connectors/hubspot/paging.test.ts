import { describe, expect, it } from 'vitest';
import { hubspot } from '#lib/connectors/hubspot/index.ts';
import { pagesOf } from '../streams.ts';
import { changes, connect, deletedOn, full, idsOf, NOW, person, streamOf } from './harness.ts';

const HOUR = 3_600_000;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a type of objects', () => {
  it('is listed in pages to the end, with its associations and own properties', async () => {
    const { read, mutate, sandbox } = await connect(
      { custom: { contacts: ['favourite_colour', 'seats'] } },
      { pageSize: 4 },
    );
    const [company = ''] = mutate({ op: 'add', kind: 'companies', properties: { name: 'Oxbow' } });
    mutate(
      ...range(9).map((n) => person({ firstname: `P${n}`, favourite_colour: 'green' })),
      person({ firstname: 'Last' }),
    );
    const [first = ''] = idsOf('contacts', await pagesOf(read('contacts')));
    mutate({
      op: 'associate',
      from: { kind: 'contacts', id: first },
      to: { kind: 'companies', id: company },
      primary: true,
    });
    sandbox.log.clear();
    const pages = await pagesOf(read('contacts'));
    expect(pages.map(({ items, last }) => [items.length, last])).toEqual([
      [4, false],
      [4, false],
      [2, true],
    ]);
    expect(new Set(idsOf('contacts', pages)).size).toBe(10);
    const [one, two] = pages[0]?.items ?? [];
    expect(one).toMatchObject({
      properties: { favourite_colour: 'green' },
      about: { links: { companies: [company] } },
    });
    expect(two).not.toHaveProperty('about.links');
    const last = pages.at(-1);
    expect(streamOf('contacts').parse(last?.response.body ?? '')).toEqual(last?.items);
    expect(sandbox.log.entries().map(({ status }) => status)).not.toContain(400);
  });

  it('goes on after any page, and begins anew where the place is refused', async () => {
    const { read, mutate } = await connect({}, { pageSize: 3 });
    mutate(...range(8).map((n) => person({ firstname: `P${n}` })));
    const pages = await pagesOf(read('contacts'));
    const rest = await pagesOf(read('contacts', full, pages[0]?.cursor ?? null));
    expect(idsOf('contacts', rest)).toEqual(idsOf('contacts', pages.slice(1)));
    await expect(
      pagesOf(read('contacts', full, { ...(pages[0]?.cursor as object), after: 'nonsense' })),
    ).rejects.toMatchObject({ kind: 'cursor_invalid' });
  });

  it('is followed by what changed: new, changed, archived, merged, and restored rows', async () => {
    const { read, mutate, sandbox } = await connect({}, { pageSize: 3 });
    const [one = '', two = '', three = '', four = ''] = mutate(
      ...range(4).map((n) => person({ firstname: `P${n}` })),
    );
    const token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    expect(token).toMatchObject({ since: new Date(NOW).toISOString() });
    sandbox.clock.shift(5 * HOUR);
    const [made = ''] = mutate(
      person({ firstname: 'New' }),
      { op: 'update', kind: 'contacts', id: one, properties: { firstname: 'Other' } },
      { op: 'archive', kind: 'contacts', id: two },
      { op: 'merge', kind: 'contacts', id: three, into: four },
    );
    const second = await pagesOf(read('contacts', changes(token)));
    expect(idsOf('contacts', second).toSorted()).toEqual([one, four, made].toSorted());
    expect(deletedOn(second).toSorted()).toEqual([two, three].toSorted());
    expect(second.map(({ last }) => last)).toEqual([false, true]);
    for (const { response, items } of second)
      expect(streamOf('contacts').parse(response.body)).toEqual(items);
    sandbox.clock.shift(5 * HOUR);
    mutate({ op: 'restore', kind: 'contacts', id: two });
    const third = await pagesOf(read('contacts', changes(second.at(-1)?.token ?? null)));
    expect(idsOf('contacts', third)).toContain(two);
    expect(deletedOn(third)).not.toContain(two);
  });

  it('makes the same items of a list and of a search', async () => {
    const { read, mutate, sandbox } = await connect({
      contacts: 12,
      custom: { deals: ['region'] },
    });
    sandbox.clock.shift(60 * 24 * HOUR);
    const [company = ''] = mutate({
      op: 'add',
      kind: 'companies',
      properties: { name: 'Quillon' },
    });
    const [deal = ''] = mutate({
      op: 'add',
      kind: 'deals',
      properties: { dealname: 'Big', dealstage: 'closedwon', region: 'North' },
      links: [
        { kind: 'contacts', id: sandbox.hubspot.truth('portal').contacts?.[0]?.id ?? '' },
        { kind: 'companies', id: company, primary: true },
      ],
    });
    for (const name of hubspot.streams.map((stream) => stream.name).filter((n) => n !== 'stages')) {
      const pages = await pagesOf(read(name));
      const listed = pages.flatMap(({ items }) => items);
      const token = pages.at(-1)?.token as { asked: string };
      const found = await pagesOf(
        read(name, changes({ ...token, since: '2026-01-01T00:00:00.000Z' })),
      );
      expect(
        found.flatMap(({ items }) => items).map((item) => JSON.stringify(item)),
        name,
      ).toEqual(listed.map((item) => JSON.stringify(item)));
      expect(listed.length, name).toBeGreaterThan(0);
    }
    expect((await pagesOf(read('deals'))).flatMap(({ items }) => items).at(-1)).toMatchObject({
      id: deal,
      properties: { region: 'North' },
      about: { related: { companies: { name: 'Quillon' } }, stage: { name: 'Closed Won' } },
    });
  });

  it('finds more than 10,000 changes, also with one and the same time', async () => {
    const { read, mutate, sandbox } = await connect();
    const token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    sandbox.clock.shift(2 * HOUR);
    const at = NOW + HOUR;
    mutate(
      ...range(11_000).map((n) => person({ firstname: 'Alike' }, { id: String(n + 1), at })),
      ...range(700).map((n) => person({}, { id: String(n + 50_000), at: at + n })),
    );
    sandbox.log.clear();
    const pages = await pagesOf(read('contacts', changes(token)));
    expect(new Set(idsOf('contacts', pages)).size).toBe(11_700);
    expect(idsOf('contacts', pages)).toHaveLength(11_700);
    const statuses = new Set(sandbox.log.entries().map(({ status }) => status));
    expect(statuses.has(400)).toBe(false);
  }, 120_000);

  it('loses nothing to changes that come while it is searched', async () => {
    const { read, mutate, sandbox } = await connect({}, { pageSize: 2 });
    const token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    sandbox.clock.shift(2 * HOUR);
    const ids = mutate(...range(20).map((n) => person({ firstname: `P${n}` })));
    const seen: string[] = [];
    for await (const page of read('contacts', changes(token))) {
      seen.push(...idsOf('contacts', [page]));
      sandbox.clock.shift(1_000);
      const early = ids
        .slice(0, 6)
        .map((id) => ({ op: 'update' as const, kind: 'contacts' as const, id }));
      mutate(...early);
    }
    expect(new Set(seen)).toEqual(new Set(ids));
  });

  it('finds rows that show late, come out of order, or changed a little earlier', async () => {
    const { read, mutate, sandbox } = await connect(
      { searchDelayMs: 20 * 60_000, shuffles: true, slackMs: 10 },
      { pageSize: 2 },
    );
    const early = mutate(...range(7).map((n) => person({ firstname: `P${n}` })));
    let token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    sandbox.clock.shift(2 * HOUR);
    const late = mutate(...range(9).map((n) => person({ firstname: `Late${n}` })), {
      op: 'update',
      kind: 'contacts',
      id: early[0] ?? '',
    });
    const tooSoon = await pagesOf(read('contacts', changes(token)));
    expect(new Set(idsOf('contacts', tooSoon))).toEqual(new Set(early));
    token = tooSoon.at(-1)?.token ?? null;
    sandbox.clock.shift(30 * 60_000);
    const pages = await pagesOf(read('contacts', changes(token)));
    expect(idsOf('contacts', pages)).toEqual(expect.arrayContaining(late));
  });

  it('misses nothing while the index of searches stands still for hours', async () => {
    const { read, mutate, sandbox } = await connect();
    mutate(person({ firstname: 'Early' }));
    let token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    sandbox.clock.shift(HOUR);
    const [late = ''] = mutate(person({ firstname: 'Late' }));
    Object.assign(sandbox.hubspot.account('portal').spec, { searchDelayMs: 9 * HOUR });
    for (let hour = 1; hour < 9; hour += 1) {
      const pages = await pagesOf(read('contacts', changes(token)));
      expect(idsOf('contacts', pages)).not.toContain(late);
      token = pages.at(-1)?.token ?? null;
      sandbox.clock.shift(HOUR);
    }
    sandbox.clock.shift(HOUR);
    expect(idsOf('contacts', await pagesOf(read('contacts', changes(token))))).toContain(late);
  });

  it('ends instead of going round in circles', async () => {
    const { read, mutate, sandbox } = await connect({}, { pageSize: 3 });
    mutate(...range(7).map((n) => person({ firstname: `P${n}` })));
    const token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    const endpoint = 'GET crm/v3/objects/:type';
    sandbox.faults.arm({ kind: 'endless_pages', endpoint });
    await expect(pagesOf(read('contacts'))).rejects.toMatchObject({ kind: 'malformed' });
    sandbox.faults.disarm();
    sandbox.faults.arm({ kind: 'repeat_page', endpoint, after: 1, next: 1 });
    await expect(pagesOf(read('contacts'))).rejects.toMatchObject({ kind: 'malformed' });
    sandbox.faults.disarm();
    mutate(...range(7).map((n) => person({ firstname: `Q${n}` })));
    sandbox.faults.arm({
      kind: 'repeat_page',
      endpoint: 'POST crm/v3/objects/:type/search',
      after: 1,
      next: 1,
    });
    await expect(pagesOf(read('contacts', changes(token)))).rejects.toMatchObject({
      kind: 'malformed',
    });
    sandbox.faults.disarm();
    sandbox.faults.arm({
      kind: 'repeat_page',
      endpoint: 'POST crm/v3/objects/:type/batch/read',
      after: 1,
      next: 1,
    });
    await expect(pagesOf(read('contacts', changes(token)))).rejects.toMatchObject({
      kind: 'malformed',
    });
  });

  it('never takes live rows for archived ones', async () => {
    const { read, mutate, sandbox } = await connect();
    mutate(...range(4).map((n) => person({ firstname: `P${n}` })));
    const token = (await pagesOf(read('contacts'))).at(-1)?.token ?? null;
    sandbox.faults.arm({ kind: 'repeat_page', endpoint: 'GET crm/v3/objects/:type', next: 1 });
    await expect(pagesOf(read('contacts', changes(token)))).rejects.toMatchObject({
      kind: 'malformed',
    });
  });
});
