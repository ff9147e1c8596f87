import { describe, expect, it } from 'vitest';
import { mapperOf, pagesOf } from '../streams.ts';
import { changes, connect, DAY, full, idsOf, lead, MINUTE, streamOf, tokenOf } from './harness.ts';

const HOUR = 60 * MINUTE;
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => lead({ LastName: `L${n}` }));

describe('a list of Salesforce', () => {
  it('is read to its end by `done`, however short its pages are', async () => {
    const { sandbox, read, mutate } = await connect({ pageRows: 70 });
    const made = mutate(...many(300));
    const pages = await pagesOf(read('leads'));
    expect(pages.map(({ items }) => items.length)).toEqual([70, 70, 70, 70, 20]);
    expect(idsOf('leads', pages).toSorted()).toEqual(made.toSorted());
    expect(pages.map(({ last }) => last)).toEqual([false, false, false, false, true]);
    const asked = sandbox.log.entries().map(({ endpoint }) => endpoint);
    expect(asked.filter((one) => one === 'GET services/data/:version/queryAll')).toHaveLength(1);
    expect(asked.filter((one) => one.endsWith('/query/:locator'))).toHaveLength(4);
  });

  it('names only fields that exist and that the user may read', async () => {
    const { read, mutate } = await connect({
      hidden: ['Lead.Description', 'Lead.OwnerId', 'Lead.IsConverted'],
      refused: ['Lead.Rating', 'Lead.Industry'],
    });
    mutate(lead());
    const [page] = await pagesOf(read('leads'));
    const fields = Object.keys((page?.items[0] ?? {}) as object);
    expect(fields).toEqual(expect.arrayContaining(['Id', 'LastName', 'SystemModstamp']));
    for (const field of ['Description', 'OwnerId', 'Owner', 'IsConverted', 'Rating', 'Industry'])
      expect(fields).not.toContain(field);
  });

  it('says which object the user may not see', async () => {
    const { read } = await connect({ hiddenObjects: ['Opportunity'] });
    await expect(pagesOf(read('opportunities'))).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('object Opportunity') as string,
    });
  });

  it('begins anew when a field that it reads is taken away', async () => {
    const spec = { refused: [] as string[] };
    const { read, mutate, pass } = await connect(spec);
    mutate(lead());
    const token = tokenOf(await pagesOf(read('leads')));
    await pass(HOUR);
    spec.refused.push('Lead.Company');
    await expect(pagesOf(read('leads', changes(token)))).rejects.toMatchObject({
      kind: 'cursor_invalid',
    });
    await expect(pagesOf(read('leads'))).resolves.toHaveLength(1);
  });

  it('goes on behind its last row after the end of a login, with many changes at one time', async () => {
    const { read, mutate, renew, sandbox } = await connect({ pageRows: 90 });
    const made = mutate(...many(250));
    const pages = [];
    for await (const page of read('leads')) {
      pages.push(page);
      await renew();
    }
    expect(pages.map(({ items }) => items.length)).toEqual([90, 90, 70]);
    expect(idsOf('leads', pages).toSorted()).toEqual(made.toSorted());
    expect(sandbox.log.entries().filter(({ status }) => status === 400)).toHaveLength(2);
  });

  it('goes on from each of its cursors without losing or repeating a row', async () => {
    const { read, mutate } = await connect({ pageRows: 60 });
    const made = mutate(...many(200));
    const pages = await pagesOf(read('leads'));
    for (const [at, { cursor, last }] of pages.entries()) {
      if (last) continue;
      const stored = JSON.parse(JSON.stringify(cursor)) as typeof cursor;
      const rest = await pagesOf(read('leads', full, stored));
      const both = [...idsOf('leads', pages.slice(0, at + 1)), ...idsOf('leads', rest)];
      expect(both.toSorted()).toEqual(made.toSorted());
    }
  });

  it('ends when pages bring it no further', async () => {
    const { read, mutate, sandbox } = await connect();
    mutate(...many(10));
    sandbox.faults.arm({ kind: 'endless_pages', provider: 'salesforce' });
    await expect(pagesOf(read('leads'))).rejects.toMatchObject({ kind: 'malformed' });
    expect(sandbox.log.entries().length).toBeLessThan(12);
  });

  it('follows no link to another host', async () => {
    const { read, mutate, toAccess } = await connect({ pageRows: 60 });
    mutate(...many(70));
    const { http, settings } = toAccess();
    const spoilt = {
      request: async (request: Parameters<typeof http.request>[0]) => {
        const response = await http.request(request);
        const body = response.body.replace('"/services/data', '"//elsewhere.test/services/data');
        return { ...response, body };
      },
    };
    const pages = streamOf('leads').read(
      {
        ...toAccess(),
        http: spoilt,
        settings,
        span: full,
        paths: [],
        partitions: () => (async function* () {})(),
      },
      null,
    );
    await expect(pagesOf(pages)).rejects.toMatchObject({ kind: 'malformed' });
    await pagesOf(read('leads'));
  });
});

describe('changes in Salesforce', () => {
  it('are what changed, with those that appear late behind the newest one', async () => {
    const { read, mutate, pass } = await connect();
    const [first = ''] = mutate(...many(3));
    await pass(HOUR);
    const [late = ''] = mutate(lead({ LastName: 'Late' }, 5 * MINUTE));
    const before = await pagesOf(read('leads'));
    expect(idsOf('leads', before)).toHaveLength(3);
    await pass(8 * MINUTE);
    const [other = ''] = mutate(lead(), {
      op: 'update',
      kind: 'Lead',
      id: first,
      row: { City: 'Zug' },
    });
    const pages = await pagesOf(read('leads', changes(tokenOf(before))));
    expect(idsOf('leads', pages).toSorted()).toEqual([first, late, other].toSorted());
    await pass(HOUR);
    const again = await pagesOf(read('leads', changes(tokenOf(pages))));
    await pass(HOUR);
    expect(idsOf('leads', await pagesOf(read('leads', changes(tokenOf(again)))))).toEqual([]);
  });

  it('tell deleted records from the bin, and by the feed those that are in it no more', async () => {
    const { read, mutate, pass } = await connect();
    const [a = '', b = '', c = '', d = ''] = mutate(...many(4));
    await pass(HOUR);
    const before = await pagesOf(read('leads'));
    await pass(HOUR);
    mutate(
      { op: 'delete', kind: 'Lead', id: a },
      { op: 'purge', kind: 'Lead', id: b },
      { op: 'delete', kind: 'Lead', id: c },
      { op: 'undelete', kind: 'Lead', id: c },
    );
    await pass(3 * MINUTE);
    const pages = await pagesOf(read('leads', changes(tokenOf(before))));
    expect(pages).toHaveLength(2);
    expect(pages[0]?.deleted?.toSorted()).toEqual([a, b, c].toSorted());
    // The list shows the later state.
    expect(pages[1]).toMatchObject({ deleted: [a], last: true });
    expect(idsOf('leads', pages)).toEqual([c]);
    await pass(HOUR);
    // Read again, because the feed does not yet answer for its last minutes.
    const same = await pagesOf(read('leads', changes(tokenOf(pages))));
    expect(idsOf('leads', same)).toEqual([c]);
    await pass(HOUR);
    mutate({ op: 'purge', kind: 'Lead', id: d });
    await pass(3 * MINUTE);
    const later = await pagesOf(read('leads', changes(tokenOf(same))));
    expect(later.flatMap(({ deleted = [] }) => deleted)).toEqual([d]);
  });

  it('do without the feed where it is refused or reaches back too far', async () => {
    for (const [spec, wait] of [
      [{ unreplicated: ['Lead' as const] }, HOUR],
      [{}, 16 * DAY],
    ] as const) {
      const { read, mutate, pass } = await connect(spec);
      const [a = ''] = mutate(...many(2));
      const before = await pagesOf(read('leads'));
      await pass(wait);
      mutate({ op: 'delete', kind: 'Lead', id: a });
      const pages = await pagesOf(read('leads', changes(tokenOf(before))));
      expect(pages.flatMap(({ deleted = [] }) => deleted)).toEqual([a]);
      expect(pages.at(-1)?.last).toBe(true);
    }
  });

  it('show the short ids of lookups and deletions in their long form', async () => {
    const { read, mutate, pass, toAccess } = await connect({ shortIds: true });
    const [account = ''] = mutate({ op: 'add', kind: 'Account', row: { Name: 'Dunlin' } });
    const [contact = ''] = mutate({
      op: 'add',
      kind: 'Contact',
      row: { LastName: 'Diaz', AccountId: account },
    });
    const before = await pagesOf(read('contacts'));
    const { settings } = toAccess();
    const map = await mapperOf(streamOf('contacts'), settings);
    expect(map(before[0]?.items[0])).toMatchObject({ externalId: contact, companyId: account });
    await pass(HOUR);
    mutate({ op: 'purge', kind: 'Contact', id: contact });
    await pass(3 * MINUTE);
    const [page] = await pagesOf(read('contacts', changes(tokenOf(before))));
    expect(page?.deleted).toEqual([contact]);
  });

  it('follow the merging of records', async () => {
    const { read, mutate, pass } = await connect();
    const [winner = '', loser = ''] = mutate(
      { op: 'add', kind: 'Account', row: { Name: 'Dunlin' } },
      { op: 'add', kind: 'Account', row: { Name: 'Dunlin Ltd' } },
    );
    const [contact = ''] = mutate({
      op: 'add',
      kind: 'Contact',
      row: { LastName: 'Diaz', AccountId: loser },
    });
    const [accounts, contacts] = [await pagesOf(read('accounts')), await pagesOf(read('contacts'))];
    await pass(HOUR);
    mutate({ op: 'merge', kind: 'Account', id: winner, loser });
    const merged = await pagesOf(read('accounts', changes(tokenOf(accounts))));
    expect(idsOf('accounts', merged)).toEqual([winner]);
    expect(merged.at(-1)?.deleted).toEqual([loser]);
    const moved = await pagesOf(read('contacts', changes(tokenOf(contacts))));
    expect(moved.at(-1)?.items).toMatchObject([{ Id: contact, AccountId: winner }]);
  });
});
