import { describe, expect, it } from 'vitest';
import { clientRows, connect, noteRows, collectPages, getStream } from './harness.ts';
import { serve } from '../../platform/http/servers.ts';

const identifyAll = (stream: string, items: unknown[]) =>
  items.map((item) => getStream(stream).identify(item));

describe('list streams', () => {
  const account = { rows: { clients: clientRows(50) } };

  it('keep what was received, as it was received', async () => {
    const { read } = await connect({ account, settings: { pageSize: 20 } });
    for (const page of await collectPages(read('clients')))
      expect(getStream('clients').parse(page.response.body)).toEqual(page.items);
  });

  it('end with one last page, from which the next pass starts anew', async () => {
    const { read } = await connect({ account, settings: { pageSize: 20 } });
    const pages = await collectPages(read('clients'));
    expect(pages.map((page) => page.last)).toEqual([false, false, true]);
    expect(pages.map((page) => page.cursor)).toEqual([{ offset: 18 }, { offset: 36 }, null]);
    expect(
      new Set(
        identifyAll(
          'clients',
          pages.flatMap((page) => page.items),
        ),
      ),
    ).toEqual(new Set(clientRows(50).map((row) => row.client_id)));
  });

  it('go on from a cursor without missing a row', async () => {
    const { read } = await connect({ account, settings: { pageSize: 20 } });
    const first = (await collectPages(read('clients'))).slice(0, 1);
    const rest = await collectPages(read('clients', first[0]?.cursor));
    expect(
      new Set(
        identifyAll(
          'clients',
          [...first, ...rest].flatMap((page) => page.items),
        ),
      ).size,
    ).toBe(50);
    expect(rest.at(-1)).toMatchObject({ last: true, cursor: null });
  });

  it('never move back: what a resumed pass rereads leaves the cursor where it was', async () => {
    const { read } = await connect({ account, settings: { pageSize: 20 } });
    const [again, next] = await collectPages(read('clients', { offset: 18 }));
    expect([again?.cursor, next?.cursor]).toEqual([{ offset: 18 }, { offset: 36 }]);
  });

  it('go on from a cursor without missing a row when many were deleted meanwhile', async () => {
    const { read, sandbox } = await connect({ account, settings: { pageSize: 20 } });
    const first = (await collectPages(read('clients'))).slice(0, 1);
    const gone = clientRows(15).map((row) => ({
      op: 'delete' as const,
      kind: 'clients' as const,
      id: String(row.client_id),
    }));
    sandbox.clienttether.mutate('acme', { changes: gone });
    const rest = await collectPages(read('clients', first[0]?.cursor));
    expect(
      new Set(
        identifyAll(
          'clients',
          [...first, ...rest].flatMap((page) => page.items),
        ),
      ).size,
    ).toBe(50);
  });

  it.each(['add', 'delete'] as const)(
    'miss no row that was there all along while others come or go (%s)',
    async (op) => {
      const { read, sandbox } = await connect({ account, settings: { pageSize: 20 } });
      const seen = new Set<unknown>();
      let page = 0;
      for await (const { items } of read('clients')) {
        for (const id of identifyAll('clients', items)) seen.add(id);
        const changes =
          op === 'add'
            ? [1, 2, 3].map((n) => ({
                op,
                kind: 'clients' as const,
                row: { client_id: `new-${page}-${n}` },
              }))
            : [0, 1].map((n) => ({
                op,
                kind: 'clients' as const,
                id: String(9000 - page * 2 - n),
              }));
        sandbox.clienttether.mutate('acme', { changes });
        page += 1;
      }
      const left = sandbox.clienttether
        .account('acme')
        .rows('clients')
        .map((row) => String(row.client_id));
      expect(left.filter((id) => !id.startsWith('new-') && !seen.has(id))).toEqual([]);
    },
  );

  it('take a source that ignores the limit and lists everything at its word', async () => {
    const server = await serve((_request, response) =>
      response.end(JSON.stringify({ ResultCode: 'CT_200', data: clientRows(50) })),
    );
    const { read } = await connect({ settings: { baseUrl: server.url, pageSize: 20 } });
    expect(await collectPages(read('clients'))).toMatchObject([
      { last: true, items: { length: 50 } },
    ]);
  });

  it('do not take a short page for the end when the total says that there is more', async () => {
    const rows = clientRows(50);
    const server = await serve((request, response) => {
      const offset = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('offset'));
      response.end(
        JSON.stringify({
          ResultCode: 'CT_200',
          TotalRecord: 50,
          data: rows.slice(offset, offset + 15),
        }),
      );
    });
    const { read } = await connect({ settings: { baseUrl: server.url, pageSize: 20 } });
    const pages = await collectPages(read('clients'));
    expect(
      new Set(
        identifyAll(
          'clients',
          pages.flatMap((page) => page.items),
        ),
      ).size,
    ).toBe(50);
  });
});

describe('stages', () => {
  it('come in one page, as replay reads them', async () => {
    const { read } = await connect({
      account: { lookups: { salesCycles: ['FDD Sent', 'FA Signed'] } },
    });
    const [page, ...more] = await collectPages(read('salesCycles'));
    expect(more).toEqual([]);
    expect(page).toMatchObject({ last: true, cursor: null, items: { length: 3 } });
    expect(page && getStream('salesCycles').parse(page.response.body)).toEqual(page?.items);
  });
});

describe('schedule', () => {
  const rows = {
    activities: ['2026-10-20', '2026-10-26', '2026-11-20', '2027-04-20', '2027-06-20'].map(
      (day, n) => ({ id: String(n), scheduled_at: `${day} 10:00:00` }),
    ),
    events: ['2026-10-01', '2026-11-20'].map((day, n) => ({
      event_id: String(n),
      start_date: `${day} 10:00:00`,
    })),
  };

  it('covers its window, in the zone of the connection', async () => {
    for (const timeZone of ['UTC', 'Pacific/Auckland']) {
      const { read } = await connect({ account: { rows }, settings: { timeZone } });
      expect(
        identifyAll(
          'activities',
          (await collectPages(read('activities'))).flatMap((page) => page.items),
        ).toSorted(),
      ).toEqual(['activity:1', 'activity:2', 'activity:3']);
      expect(
        identifyAll(
          'events',
          (await collectPages(read('events'))).flatMap((page) => page.items),
        ),
      ).toEqual(['event:1']);
    }
  });
});

describe('notes', () => {
  const clients = clientRows(12).map((row) => String(row.client_id));
  const account = { rows: { clients: clientRows(12), notes: noteRows(clients.slice(0, 9)) } };
  const batches = [
    { ids: clients.slice(0, 7), cursor: 'a' },
    { ids: clients.slice(7), cursor: 'b' },
  ];

  it('come one page per client, empty ones too, a few clients at once', async () => {
    const { read, sandbox } = await connect({ account });
    sandbox.faults.arm({ kind: 'latency', ms: 20 });
    const pages = await collectPages(read('notes', 'start', batches));
    expect(pages.map((page) => page.partition).toSorted()).toEqual(clients.toSorted());
    for (const { items, partition } of pages)
      expect(items).toHaveLength(clients.indexOf(partition ?? '') < 9 ? 1 : 0);
    expect(sandbox.log.counters().total.maxConcurrency).toBe(3);
  });

  it('move the cursor only on the last page of a batch', async () => {
    const { read } = await connect({ account });
    const pages = await collectPages(read('notes', 'start', batches));
    expect(pages.map((page) => page.cursor)).toEqual([
      ...Array<string>(6).fill('start'),
      ...Array<string>(5).fill('a'),
      'b',
    ]);
    expect(pages.map((page) => page.last)).toEqual([...Array<boolean>(11).fill(false), true]);
    expect(new Set(pages.slice(0, 7).map((page) => page.partition))).toEqual(
      new Set(clients.slice(0, 7)),
    );
  });

  it('skip clients that are gone and still move on', async () => {
    const { read, sandbox } = await connect({ account });
    sandbox.faults.arm({ kind: 'status', status: 404, after: 7 });
    const pages = await collectPages(read('notes', 'start', batches));
    expect(pages).toHaveLength(7);
    expect(pages.at(-1)).toMatchObject({ cursor: 'b', last: true });
  });

  it('stop at the first failure with the cursor where it was', async () => {
    const { read, sandbox } = await connect({ account });
    sandbox.faults.arm({ kind: 'status', status: 401, after: 3 });
    const cursors: unknown[] = [];
    const pass = async () => {
      for await (const page of read('notes', 'start', batches)) cursors.push(page.cursor);
    };
    await expect(pass()).rejects.toMatchObject({ kind: 'auth' });
    expect(cursors.every((cursor) => cursor === 'start')).toBe(true);
    expect(sandbox.log.counters().total.requests).toBeLessThan(clients.length);
  });
});
