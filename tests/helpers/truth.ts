import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Sandbox } from '../../sandbox/index.ts';
import type { TestDatabase } from './database.ts';
import type { Workspace } from './workspace.ts';

const kinds = [
  { kind: 'clients', id: 'client_id', table: 'leads', stream: 'clients', prefix: '' },
  {
    kind: 'opportunities',
    id: 'opportunity_id',
    table: 'opportunities',
    stream: 'opportunities',
    prefix: '',
  },
  { kind: 'notes', id: 'id', table: 'notes', stream: 'notes', prefix: '' },
] as const;

/** Every live row equals the source's row by id and by the raw item, and there is no other. */
export async function expectTruth(
  db: TestDatabase,
  sandbox: Sandbox,
  account: string,
  { tenant }: Workspace,
): Promise<void> {
  const truth = sandbox.clienttether.truth(account);
  for (const { kind, id, table } of kinds) {
    const rows = await db.query<{ id: string; raw: Record<string, unknown> }>(
      `select external_id as id, raw_json as raw
       from ${table}
       where tenant_id = $1 and deleted_at is null
       order by external_id`,
      [tenant.id],
    );
    const expected = (truth[kind] ?? []).map((row) => String(row[id])).toSorted();
    expect(rows.map((row) => row.id).toSorted(), `${kind} of ${account}`).toEqual(expected);
    const source = new Map((truth[kind] ?? []).map((row) => [String(row[id]), row]));
    for (const row of rows)
      for (const [field, value] of Object.entries(row.raw)) {
        const of = source.get(row.id) ?? {};
        if (field in of && typeof value === 'string')
          expect(value, `${kind} ${row.id} ${field}`).toBe(String(of[field]));
      }
  }
}

/** Every rollup equals a GROUP BY over the rows it stands for, at this moment. */
export async function expectExactRollups(db: TestDatabase): Promise<void> {
  const pairs: [string, string][] = [
    [
      `select tenant_id, dimension, day::text, key, count from lead_metrics`,
      `with live as (select *, coalesce(created_on, '0001-01-01'::date) as day from leads
         where deleted_at is null and mirror_of is null)
       select tenant_id, 'source' as dimension, day::text, coalesce(source, '') as key,
         count(*)::int as count
       from live
       group by 1, 3, 4
       union all
       select tenant_id, 'status', day::text, status, count(*)::int
       from live
       group by 1, 3, 4
       union all
       select tenant_id, 'qualified', day::text, case when qualified then 'yes'
         else 'no' end, count(*)::int
       from live
       group by 1, 3, 4`,
    ],
    [
      `select tenant_id, day::text, connection_id, stage, outcome, count, valued, value::text, entered_seconds::text, hot,
         weighted::text
       from pipeline_stage_counts`,
      `select o.tenant_id, coalesce(created_on, '0001-01-01')::text as day, o.connection_id,
         o.stage, o.outcome,
         count(*)::int as count, count(value)::int as valued,
         coalesce(sum(value), 0)::numeric(20,2)::text as value,
           sum(floor(extract(epoch from stage_entered_at)))::bigint::text as entered_seconds,
         count(h.opportunity_id)::int as hot,
           coalesce(sum(h.weighted_iff), 0)::numeric(24,2)::text as weighted
       from opportunities o
       left join hot_list_items h on h.tenant_id = o.tenant_id and h.opportunity_id = o.id
       where deleted_at is null and mirror_of is null
       group by 1, 2, 3, 4, 5`,
    ],
    [
      `select tenant_id, connection_id, stage, entered_on::text, count from stage_entries`,
      `select tenant_id, connection_id, stage, (stage_entered_at at time zone 'UTC')::date::text as entered_on,
         count(*)::int as count
       from opportunities where deleted_at is null and mirror_of is null and outcome = 'open'
       group by 1, 2, 3, 4`,
    ],
    [
      `select tenant_id, opportunity_id, candidate_name, market, units, franchise_fee::text,
         weighted_iff::text, stage, likely_pct
       from hot_list_items`,
      `select tenant_id, id as opportunity_id, name as candidate_name, market, units,
         franchise_fee::text,
         round(units * franchise_fee * likely_pct / 100, 2)::numeric(20,2)::text as weighted_iff, stage, likely_pct
       from opportunities
       where deleted_at is null and mirror_of is null and outcome = 'open' and franchise_fee > 0 and units > 0
         and likely_pct > 0`,
    ],
    [
      `select tenant_id, kind, day::text, count from dated_counts`,
      `select tenant_id, 'note' as kind,
         coalesce((note_date at time zone 'UTC')::date, '0001-01-01')::text as day,
         count(*)::int as count
       from notes
       where deleted_at is null
       group by 1, 3
       union all
       select tenant_id, 'scheduledActivity', (scheduled_at at time zone 'UTC')::date::text,
         count(*)::int
       from scheduled_activities
       where deleted_at is null
       group by 1, 3`,
    ],
    ...byMonth('lead_metrics', 'lead_metric_months', 'day', ['dimension', 'key'], ['count']),
    ...byMonth(
      'pipeline_stage_counts',
      'pipeline_stage_months',
      'day',
      ['connection_id', 'stage', 'outcome'],
      ['count', 'valued', 'value', 'entered_seconds', 'hot', 'weighted'],
    ),
    ...byMonth(
      'stage_entries',
      'stage_entry_months',
      'entered_on',
      ['connection_id', 'stage'],
      ['count'],
    ),
    ...byMonth('dated_counts', 'dated_count_months', 'day', ['kind'], ['count']),
  ];
  const sorted = (rows: object[]) => rows.map((row) => JSON.stringify(row)).toSorted();
  for (const [rollup, grouped] of pairs)
    expect(sorted(await db.query(rollup))).toEqual(sorted(await db.query(grouped)));
}

/** A rollup by month, and the sum of its days. */
function byMonth(
  days: string,
  months: string,
  day: string,
  keys: string[],
  sums: string[],
): [string, string][] {
  const own = ['tenant_id', ...keys].join(', ');
  return [
    [
      `select ${own}, ${day}::text as month,
         ${sums.map((sum) => `${sum}::numeric::text as ${sum}`).join(', ')}
       from ${months}`,
      `select ${own}, date_trunc('month', ${day}::timestamp)::date::text as month,
         ${sums.map((sum) => `sum(${sum})::numeric::text as ${sum}`).join(', ')}
       from ${days}
       group by ${own}, month`,
    ],
  ];
}

/** fetched = inserted + changed + unchanged + rejected, in every stream of every run. */
export async function expectBalancedBooks(db: TestDatabase): Promise<void> {
  const unbalanced = await db.query(
    `select * from sync_run_streams where fetched <> inserted + changed + unchanged + rejected`,
  );
  expect(unbalanced).toEqual([]);
}

/**
 * Every live row is the source's row, by id and by the digest of the item as received, and there is
 * no other. Returns how many were compared.
 */
export async function expectSameRows(
  db: TestDatabase,
  sandbox: Sandbox,
  account: string,
  workspace: Workspace,
): Promise<number> {
  const truth = sandbox.clienttether.truth(account);
  let compared = 0;
  for (const { kind, id, table } of kinds)
    compared += await expectSameItems(db, table, workspace, truth[kind] ?? [], id);
  await expectOwnNotes(db, truth, workspace);
  return compared;
}

/** As above for one table, whose items carry their id in the field `id`. */
export async function expectSameItems(
  db: TestDatabase,
  table: string,
  { tenant }: Workspace,
  items: readonly object[],
  id: string,
): Promise<number> {
  const rows = await db.query<{ id: string; raw: object }>(
    `select external_id as id, raw_json as raw
     from ${table}
     where tenant_id = $1 and deleted_at is null`,
    [tenant.id],
  );
  const source = new Map(items.map((item) => [String(Reflect.get(item, id)), computeDigest(item)]));
  const wrong = rows.flatMap((row) =>
    source.get(row.id) === computeDigest(row.raw)
      ? []
      : [`${row.id}: ${source.has(row.id) ? 'other content' : 'not in the source'}`],
  );
  const ours = new Set(rows.map((row) => row.id));
  for (const item of source.keys()) if (!ours.has(item)) wrong.push(`${item}: missing`);
  expect(wrong, `${table} of ${tenant.slug}`).toEqual([]);
  return rows.length;
}

/** Each note belongs to the client in whose list it stands. */
async function expectOwnNotes(
  db: TestDatabase,
  truth: Record<string, Record<string, unknown>[]>,
  { tenant }: Workspace,
): Promise<void> {
  const rows = await db.query<{ id: string; of: string }>(
    `select external_id as id, contact_id as of
     from notes
     where tenant_id = $1 and deleted_at is null`,
    [tenant.id],
  );
  expect(Object.fromEntries(rows.map(({ id, of }) => [id, of]))).toEqual(
    Object.fromEntries(
      (truth['notes'] ?? []).map((row) => [String(row['id']), String(row['contact_id'])]),
    ),
  );
}

/** Of an item, whatever the order of its fields. */
function computeDigest(item: object): string {
  return createHash('sha256').update(JSON.stringify(item, inOrder)).digest('hex');
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
