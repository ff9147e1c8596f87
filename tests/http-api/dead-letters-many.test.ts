import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { find, readText } from '../helpers/html.ts';
import { findLink, readPage, type Page } from '../helpers/page.ts';
import { db, home, north, ana, ben, cardsOf, noticeOf, post } from './dead-letters-stage.ts';

describe('ten thousand records', () => {
  it('are paged through, each once, in light pages', async () => {
    const { tenant, connection } = north;
    await db.query(
      `insert into record_errors (tenant_id, id, connection_id, stream, item_key, run_id,
         snapshot_id, item_index, kind, reason, item_digest, payload, last_seen_at)
       select $1, gen_random_uuid(), $2, 'clients', 'many-' || n, gen_random_uuid(),
         gen_random_uuid(), n, (array['created', 'email', 'name', 'mapping'])[1 + n % 4],
         'The field is not as it should be.', '',
         (select json_object_agg('field_' || f, md5(n::text || f::text))
           from generate_series(1, 90) f)::text, now() - make_interval(mins => n / 3000)
       from generate_series(1, 10000) n`,
      [tenant.id, connection.id],
    );
    await db.query('analyze record_errors');
    const seen = new Set<string>();
    let path: string | undefined = `${home}?kind=email`;
    for (let pages = 0; path !== undefined && pages < 4; pages += 1) {
      const page: Page = await readPage(ana, path);
      expect(gzipSync(page.html).length).toBeLessThan(60_000);
      for (const card of cardsOf(page, 'records')) seen.add(/many-\d+/.exec(card)?.[0] ?? '');
      expect(readText(find(page.root, '#records'))).toContain('25 of 2,500 records');
      path = findLink(page, 'next');
    }
    expect(seen.size).toBe(100);
    const whole = await readPage(ana, home);
    expect(gzipSync(whole.html).length).toBeLessThan(60_000);
    expect(cardsOf(whole, 'records')).toHaveLength(25);
  });

  it('of one kind are retried in the background, once', async () => {
    const fields = {
      intent: 'retry-group',
      connection: north.connection.id,
      stream: 'clients',
      kind: 'email',
    };
    const first = await post(ana, fields);
    expect(noticeOf(first.page)).toContain('in the background');
    const second = await post(ben, fields);
    expect(second.status).toBe(409);
    expect(noticeOf(second.page)).toContain('A retry of these records is already under way');
  });
});
