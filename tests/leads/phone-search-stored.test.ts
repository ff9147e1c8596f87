import { afterAll, beforeAll, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { reindexLeads } from '#lib/entities/lead/search-index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { allTime } from '#lib/platform/period.ts';
import { getLeadsView } from '#lib/views/leads.ts';
import { useDatabase } from '../helpers/database.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

const phones = [
  '(555) 010-7777 x12',
  '555-010-0000 / 555-010-0001',
  '+61 412 345 678',
  '+33 1 23 45 67 89',
  '+65 6123 4567',
];

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'phones',
        webKey: 'CT_phones',
        accessToken: 'token-phones',
        rows: { clients: phones.map((phone, index) => client(1 + index, { phone })) },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'phones', 'phones');
  await syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
});
afterAll(() => sandbox.close());

/** The telephone numbers of the leads that the page lists for a search. */
async function search(text: string): Promise<(string | null)[]> {
  const filter = parseLeadFilter(new URLSearchParams({ search: text }));
  const { leads } = await getLeadsView({ tenant: workspace.tenant }, allTime, filter);
  return leads.rows.map(({ phone }) => phone);
}

const searches: [string, string | undefined][] = [
  ['555-010-7777', phones[0]],
  ['555-010-0000', phones[1]],
  ['555-010-0001', phones[1]],
  ['0412 345 678', phones[2]],
  ['01 23 45 67 89', phones[3]],
  ['6123 4567', phones[4]],
];

it.each(searches)('a synced lead is listed for %s', async (typed, phone) => {
  expect(await search(typed)).toEqual([phone]);
});

it('leads that an older release indexed are listed once they are indexed anew', async () => {
  // The last ten digits of the whole field, which were its only word.
  await db.query(`
    update lead_terms as t
    set terms = array_to_tsvector(array[substr(t.tenant_id::text, 25)
      || right(regexp_replace(phone, '[^0-9]', '', 'g'), 10)])
    from leads as l where l.tenant_id = t.tenant_id and l.id = t.lead_id`);
  expect(await search('0412 345 678')).toEqual([]);
  await reindexLeads(workspace.tenant.id);
  for (const [typed, phone] of searches) expect(await search(typed)).toEqual([phone]);
  const [most] = await db.query<{ words: number }>(
    'select max(length(terms)) as words from lead_terms',
  );
  expect(most?.words).toBeLessThanOrEqual(24);
});
