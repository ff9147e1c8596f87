import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { leadSearchTokens, parseSearchTerms } from '#lib/entities/lead/search-tokens.ts';
import { exportLists } from '#lib/views/exports/lists.ts';
import { allTime, parsePeriod, type Period } from '#lib/platform/period.ts';
import { reindexLeads } from '#lib/entities/lead/search-index.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { getLeadsView, listLeads } from '#lib/views/leads.ts';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import type { LeadFilter } from '#lib/entities/lead/queries.ts';
import { useDatabase } from '../helpers/database.ts';

const database = useDatabase();
let tenant: Tenant;

interface Made {
  id: string;
  name: string;
  company: string | null;
  email: string | null;
  phone: string | null;
  source: string | null;
  status: string;
  qualified: boolean;
  created: string | null;
  domain: string | null;
  score: number | null;
  segment: string | null;
  provider: string | null;
  referral: string | null;
  push: string | null;
  deleted: boolean;
  mirror: boolean;
}

let seed = 7;
const draw = (to: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % to;
const oneOf = <Value>(values: readonly Value[]): Value => values[draw(values.length)] as Value;
const firsts = ['Maria', 'Jorge', 'Zoë', 'Jean-Luc', 'Мария', "O'Neil"];
const lasts = ['Navarro', 'Nava', 'Tran', 'zz Top', 'Oakes'];

/** Leads of every kind; every word, filter and state several times. */
const made: Made[] = Array.from({ length: 400 }, (_, index) => {
  const scored = draw(3) > 0;
  const domain = oneOf(['acme.com', 'globex.example', null]);
  return {
    id: randomUUID(),
    name: `${oneOf(firsts)} ${oneOf(lasts)} ${index % 40}`,
    company: oneOf(['Acme & Sons', 'Globex', null]),
    email: domain && `lead${index}@${domain}`,
    phone: oneOf([null, `+1 303 555 ${1000 + index}`]),
    source: oneOf(['Website', 'Referral', null]),
    status: oneOf(['New Lead', 'FDD Sent', 'Closed']),
    qualified: draw(2) > 0,
    created: oneOf([null, `2026-0${1 + draw(9)}-15`]),
    domain,
    score: scored ? draw(101) : null,
    segment: scored ? oneOf(['Migration', 'Existing', 'Cold', 'Skip']) : null,
    provider: scored ? oneOf(['google_workspace', 'microsoft_365']) : null,
    referral: oneOf(['co-sell', 'marketplace', 'solution-provider', null, null]),
    push: oneOf(['pending', 'synced', 'failed', 'conflict', null, null]),
    deleted: draw(12) === 0,
    mirror: draw(12) === 0,
  };
});

beforeAll(async () => {
  tenant = await createTenant({ slug: 'table', name: 'Table' });
  const { id: connection } = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets: { webKey: 'w', accessToken: 't' },
  });
  await database.query(
    `insert into leads (tenant_id, id, connection_id, provider, stream, external_id, content_hash,
       raw_json, snapshot_id, first_seen_at, changed_at, source_created_at, created_on, name,
       sort_name, company, email, phone,
       source, status, qualified, sort_cents, domain, score, sort_score, segment, mail_provider,
         referral_type, push_state, deleted_at, mirror_of)
     select $1, id, $2, 'clienttether', 'clients', id::text, 'h', '{}', id, now(), now(),
       created::date + time '12:00', created::date, name, lower(name), company, email, phone,
       source, status, qualified, 0, domain, score, coalesce(score, -1), segment, provider,
         referral, push, case when deleted then now() end, case when mirror then id end
     from jsonb_to_recordset($3) as r (id uuid, created text, name text, company text, email text,
       phone text, source text, status text, qualified bool, domain text, score int, segment text,
       provider text, referral text, push text, deleted bool, mirror bool)`,
    [tenant.id, connection, JSON.stringify(made)],
  );
  expect(await reindexLeads(tenant.id)).toMatchObject({ leads: 400 });
});

const live = () => made.filter(({ deleted, mirror }) => !deleted && !mirror);

/** What the filter means, without a database. */
function truth(params: Record<string, string>): string[] {
  const { source, status, qualified, segment, provider, referral, push, domain, search, from, to } =
    params;
  const [low, high] = [params['scoreMin'], params['scoreMax']].map((bound) =>
    bound === undefined ? undefined : Number(bound),
  );
  return live()
    .filter(
      (lead) =>
        (source === undefined || (lead.source ?? '') === source) &&
        (status === undefined || lead.status === status) &&
        (qualified === undefined || lead.qualified === (qualified === 'yes')) &&
        (segment === undefined || lead.segment === segment) &&
        (provider === undefined || lead.provider === provider) &&
        (referral === undefined || lead.referral === referral) &&
        (push === undefined || (lead.push ?? 'never') === push) &&
        (domain === undefined || lead.domain === domain) &&
        (low === undefined || (lead.score ?? -1) >= low) &&
        (high === undefined || (lead.score !== null && lead.score <= high)) &&
        (from === undefined ||
          to === undefined ||
          (lead.created !== null && lead.created >= from && lead.created <= to)) &&
        (search === undefined ||
          parseSearchTerms(search).every((term) =>
            leadSearchTokens(lead).some((word) => word.startsWith(term)),
          )),
    )
    .map(({ id }) => id)
    .toSorted();
}

const values: Record<string, string[]> = {
  source: ['Website', ''],
  status: ['New Lead', 'Closed'],
  qualified: ['yes', 'no'],
  segment: ['Migration', 'Skip'],
  provider: ['google_workspace'],
  scoreMin: ['0', '50', '100'],
  scoreMax: ['0', '49', '100'],
  referral: ['co-sell', 'marketplace'],
  push: ['pending', 'failed', 'never'],
  domain: ['acme.com'],
  search: [
    'maria',
    'nav',
    'NAVARRO mar',
    "o'neil",
    'zoe',
    'мария',
    'jean-luc nava',
    'acme',
    '303 555',
    '10',
    'nobody',
    '(',
  ],
  period: ['custom'],
};

/** One to three filters at once. */
function anyFilter(): Record<string, string> {
  const names = Array.from({ length: 1 + draw(3) }, () => oneOf(Object.keys(values)));
  const params = Object.fromEntries(names.map((name) => [name, oneOf(values[name] ?? [])]));
  return 'period' in params ? { ...params, from: '2026-02-01', to: '2026-06-30' } : params;
}

/** A page of the list in a workspace that is too large for counting. */
const uncounted = (period: Period, filter: LeadFilter, size: number) =>
  readTenant(tenant.id, (tx) =>
    listLeads(tx, tenant.id, period, filter, {
      size,
      counted: Promise.resolve({ countLimit: 500 }),
    }),
  );

const counted = async (period: Period, filter: LeadFilter) =>
  (await getLeadsView({ tenant }, period, filter)).leads;

async function listed(
  params: Record<string, string>,
  read: (
    period: Period,
    filter: LeadFilter,
  ) => Promise<Awaited<ReturnType<typeof counted>>> = counted,
): Promise<{ ids: string[]; totals: Set<string> }> {
  const search = new URLSearchParams(params);
  const period = parsePeriod(search, '2026-11-21');
  const ids: string[] = [];
  const totals = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const leads = await read(period, {
      ...parseLeadFilter(search),
      ...(cursor !== '' && { cursor }),
    });
    ids.push(...leads.rows.map(({ id }) => id));
    totals.add(`${leads.total}${leads.totalIsFloor ? '+' : ''}`);
    cursor = leads.next;
  }
  return { ids, totals };
}

describe('the lead table', () => {
  it('shows and counts exactly the leads of a filter, in any combination and order', async () => {
    for (let round = 0; round < 60; round += 1) {
      const params = {
        ...anyFilter(),
        sort: oneOf(['created', 'name', 'value', 'updated', 'score']),
        direction: oneOf(['asc', 'desc']),
      };
      const expected = 'search' in params && params['search'] === '(' ? [] : truth(params);
      const { ids, totals } = await listed(params);
      expect(ids.toSorted(), JSON.stringify(params)).toEqual(expected);
      // The rollups are empty here: only what is counted is checked.
      if (
        Object.keys(params).some(
          (name) =>
            ![
              'sort',
              'direction',
              'period',
              'from',
              'to',
              'source',
              'status',
              'qualified',
            ].includes(name),
        )
      )
        expect([...totals], JSON.stringify(params)).toEqual([String(expected.length)]);
    }
  });

  it('shows the same where the workspace is too large to count the hits of a search', async () => {
    for (let round = 0; round < 60; round += 1) {
      const params = {
        ...(round % 3 === 0 ? {} : anyFilter()),
        search: oneOf(['303', 'n', 'a', 'maria', 'nav', 'acme', 'acme maria', '303 n', 'nobody']),
        sort: oneOf(['created', 'name', 'value', 'updated', 'score']),
        direction: oneOf(['asc', 'desc']),
      };
      const size = oneOf([1, 3, 10, 150]);
      const { ids } = await listed(params, (period, filter) => uncounted(period, filter, size));
      expect(ids.toSorted(), JSON.stringify(params)).toEqual(truth(params));
      expect(ids, JSON.stringify(params)).toEqual((await listed(params)).ids);
    }
  });

  it('sorts by score, those without one last', async () => {
    const { leads } = await getLeadsView(
      { tenant },
      allTime,
      parseLeadFilter(new URLSearchParams({ sort: 'score' })),
    );
    const scores = leads.rows.map(({ score }) => score ?? -1);
    expect(scores).toEqual(scores.toSorted((one, other) => other - one));
  });

  it('exports the same rows', async () => {
    const params = new URLSearchParams({ segment: 'Migration', search: 'acme' });
    let rows = 0;
    for await (const batch of exportLists
      .get('leads')
      ?.batches({ tenant, params, now: new Date() }) ?? [])
      rows += batch.length;
    expect(rows).toBe(truth(Object.fromEntries(params)).length);
  });

  it('keeps no words of what is deleted or a copy', async () => {
    const [words] = await database.query<{ leads: number }>(
      'select count(*)::int as leads from lead_terms where tenant_id = $1',
      [tenant.id],
    );
    expect(words?.leads).toBe(live().length);
    await database.query(
      `insert into lead_terms (tenant_id, lead_id, terms) values ($1, $2, 'stray')`,
      [tenant.id, randomUUID()],
    );
    await reindexLeads(tenant.id);
    expect(await database.query(`select 1 from lead_terms where terms @@ 'stray'`)).toEqual([]);
  });
});
