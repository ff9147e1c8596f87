import { sql } from 'drizzle-orm';
import { beforeAll, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { reindexLeads } from '#lib/entities/lead/search-index.ts';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { allTime } from '#lib/platform/period.ts';
import { listLeads } from '#lib/views/leads.ts';
import { useDatabase } from '../helpers/database.ts';

/*
 * What a search reads, in blocks of 8 kB, when there are ten times as many leads.
 */

const db = useDatabase();
const few = 2_000;
const many = 20_000;
const sizes = [few, many];
const tenantIds = new Map<number, string>();

beforeAll(async () => {
  for (const leads of sizes) tenantIds.set(leads, await createLeads(leads));
  await db.query('vacuum analyze');
});

/**
 * Every second lead is an Even and the others are Odds, so that no lead is both; one in a hundred
 * is a Rare. The newest come first in the list.
 */
async function createLeads(leads: number): Promise<string> {
  const tenant = await createTenant({ slug: `leads-${leads}`, name: 'Leads' });
  const { id: connection } = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets: { webKey: 'w', accessToken: 't' },
  });
  await db.query(
    `insert into leads (tenant_id, connection_id, provider, stream, external_id, content_hash,
       raw_json, snapshot_id, first_seen_at, changed_at, source_created_at, created_on, name,
       sort_name, company, status, qualified, sort_cents)
     select $1, $2, 'clienttether', 'clients', i, 'h', '{}', new_id(), now(), now(),
       now() - i * interval '1 minute', current_date, name, name, 'Company', 'New Lead', false, 0
     from generate_series(1, $3) as i, concat_ws(' ', (array['Even', 'Odd'])[1 + i % 2],
       case when i % 100 = 50 then 'Rare' end, 'Number' || lpad(i::text, 6, '0')) as name`,
    [tenant.id, connection, leads],
  );
  await reindexLeads(tenant.id);
  return tenant.id;
}

/** The blocks of leads, their search words and the indexes of both, that one search reads. */
async function readBlocks(
  leads: number,
  search: string,
  countLimit: number,
): Promise<{ blocks: number; rows: number }> {
  const tenantId = tenantIds.get(leads) ?? '';
  const list = (text: string) =>
    readTenant(tenantId, async (tx) => {
      const filter = parseLeadFilter(new URLSearchParams({ search: text }));
      const counted = Promise.resolve({ countLimit });
      const found = await listLeads(tx, tenantId, allTime, filter, { size: 50, counted });
      await tx.execute(sql`select pg_stat_force_next_flush()`);
      return found.rows.length;
    });
  // Once unseen: a connection plans the function at its first search.
  await list(search);
  const before = await countBlocks();
  const rows = await list(search);
  return { blocks: (await countBlocks()) - before, rows };
}

async function countBlocks(): Promise<number> {
  const [row] = await db.query<{ blocks: string }>(`
    select sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0)
      + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)) as blocks
    from pg_statio_user_tables where relname in ('leads', 'lead_terms', 'lead_words')`);
  return Number(row?.blocks);
}

const searches: [kind: string, search: string, rows: number][] = [
  ['two common words that never meet', 'even odd', 0],
  ['one common word', 'even', 50],
  ['two common words', 'even company', 50],
  ['a rare and a common word', 'number001234 company', 1],
  ['a word that nobody has', 'nobody', 0],
];

it.each(searches)('of %s reads about as much among ten times as many leads', async (...each) => {
  const [, search, rows] = each;
  const small = await readBlocks(few, search, 10_000);
  const large = await readBlocks(many, search, 10_000);
  expect(large.rows).toBe(rows);
  expect(small.blocks).toBeGreaterThan(0);
  expect(large.blocks).toBeLessThanOrEqual(4 * small.blocks);
});

it.each(searches)('of %s reads no more where hits are not counted', async (...each) => {
  const [, search, rows] = each;
  const small = await readBlocks(few, search, 500);
  const large = await readBlocks(many, search, 500);
  expect(large.rows).toBe(rows);
  expect(large.blocks).toBeLessThanOrEqual(1.2 * small.blocks);
});
