import fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccount, openAccount, buildRequest } from '../../bench/rival/account.ts';
import { claimRun } from '#lib/ingest/claim-run.ts';
import { CircleWatch } from '#lib/ingest/circles.ts';
import { syncStream } from '#lib/ingest/sync-stream.ts';
import { createHttpClient } from '#lib/platform/http/client.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase();

/** Answers every request with the same two customers, and that there are more. */
const server = createServer((_request, response) => {
  const customer = (id: string) => ({ id, created: 1, name: id, metadata: {} });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ data: [customer('one'), customer('two')], has_more: true }));
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('a pass', () => {
  it('whose source ignores the cursor ends with an error, keeps what it read, deletes nothing', async () => {
    const { port } = server.address() as AddressInfo;
    const account = await createAccount(`http://127.0.0.1:${port}/`, 'sk_0_circles');
    const run = await claimRun(buildRequest(account));
    const http = createHttpClient({ allowedHosts: ['127.0.0.1'], allowLoopback: true });
    const source = await openAccount(account, run, http);
    const [stream] = source.streams;
    if (stream === undefined) throw new Error('The provider has no stream');
    const { report, failure } = await syncStream(source, stream);
    await http.close();
    expect(report.status).not.toBe('success');
    expect(failure).toMatchObject({
      kind: 'malformed',
      resetsCursor: true,
      message: expect.stringContaining('lead back to an earlier one') as string,
    });
    expect(
      await db.query(
        'select external_id, deleted_at from leads where tenant_id = $1 order by external_id',
        [account.tenantId],
      ),
    ).toEqual([
      { external_id: 'one', deleted_at: null },
      { external_id: 'two', deleted_at: null },
    ]);
  });
});

describe('the watch over cursors', () => {
  const page = (cursor: number) => ({ cursor, last: false });

  it('lets every list pass whose cursors differ, however often each is repeated', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer(), { maxLength: 200 }),
        fc.integer({ min: 1, max: 4 }),
        (cursors, times) => {
          const watch = new CircleWatch();
          for (const cursor of cursors)
            for (let n = 0; n < times; n += 1) watch.follow(page(cursor));
        },
      ),
    );
  });

  it('notices any circle, after a while that its length bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 2, max: 60 }),
        (before, length) => {
          const watch = new CircleWatch();
          let pages = 0;
          const limit = 4 * (before + length) + 4;
          expect(() => {
            for (; pages < limit; pages += 1)
              watch.follow(page(pages < before ? -1 - pages : (pages - before) % length));
          }).toThrow('lead back');
        },
      ),
    );
  });

  it('lets the last page and the pages of one parent be where they are', () => {
    const watch = new CircleWatch();
    for (let n = 0; n < 5_000; n += 1) {
      watch.follow({ cursor: null, last: true });
      watch.follow({ cursor: null, last: false, partition: String(n) });
    }
  });
});
