import { expect } from 'vitest';
import type { Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';

const TABLES = {
  account: ['companies', 'accountid'],
  contact: ['contacts', 'contactid'],
  lead: ['leads', 'leadid'],
  opportunity: ['opportunities', 'opportunityid'],
  task: ['scheduled_activities', 'activityid'],
  annotation: ['notes', 'annotationid'],
} as const;

/** The name of a row that is pointed to: it changes without the row that points to it. */
const NAME = /^_.*@OData\.Community\.Display/;

interface Stored {
  id: string;
  raw: Record<string, unknown>;
}

/**
 * Every live row is the environment's row, by id and by all that was read of it, and there is no
 * other; deals by stage, outcome and value, too. Returns how many were compared.
 */
export async function expectSameDynamics(
  db: TestDatabase,
  sandbox: Sandbox,
  org: string,
  tenantId: string,
  only = Object.keys(TABLES),
): Promise<number> {
  const truth = sandbox.dynamics365.truth(org);
  let compared = 0;
  for (const [kind, [table, id]] of Object.entries(TABLES).filter(([name]) =>
    only.includes(name),
  )) {
    const source = new Map((truth[kind] ?? []).map((row) => [String(row[id]), row]));
    const rows = await db.query<Stored>(
      `select external_id as id, raw_json as raw
       from ${table}
       where tenant_id = $1 and deleted_at is null`,
      [tenantId],
    );
    const wrong = rows.flatMap(({ id: ours, raw }) =>
      source.has(ours)
        ? []
        : [`${kind} ${ours}: not in the source, ${JSON.stringify(raw).slice(0, 60)}`],
    );
    for (const [theirs, row] of source) {
      const stored = rows.find((each) => each.id === theirs);
      const differing =
        stored === undefined
          ? ['missing']
          : Object.entries(stored.raw).flatMap(([column, value]) =>
              row[column] === value || NAME.test(column)
                ? []
                : [`${column}: ${String(value)} is ${String(row[column])} there`],
            );
      if (differing.length > 0) wrong.push(`${kind} ${theirs}: ${differing.join('; ')}`);
    }
    expect(wrong, table).toEqual([]);
    compared += rows.length;
  }
  await expectSameDeals(db, truth['opportunity'] ?? [], tenantId);
  return compared;
}

/** What pages show of a deal, worked out once more from what the environment holds. */
async function expectSameDeals(
  db: TestDatabase,
  opportunities: readonly Record<string, unknown>[],
  tenantId: string,
): Promise<void> {
  const stored = await db.query(
    `select external_id as id, stage, outcome, value::text, likely_pct::float as likely
     from opportunities
     where tenant_id = $1 and deleted_at is null
     order by 1`,
    [tenantId],
  );
  const expected = opportunities.map((row) => {
    const outcome = ['open', 'won', 'lost'][Number(row['statecode'])];
    const amount =
      outcome === 'won'
        ? (row['actualvalue_base'] ?? row['estimatedvalue_base'])
        : row['estimatedvalue_base'];
    const stage =
      outcome === 'open'
        ? row['stepname']
        : row['statuscode@OData.Community.Display.V1.FormattedValue'];
    return {
      id: row['opportunityid'],
      stage,
      outcome,
      value: typeof amount === 'number' ? amount.toFixed(2) : null,
      likely: outcome === 'open' ? row['closeprobability'] : outcome === 'won' ? 100 : 0,
    };
  });
  expect(stored).toEqual(expected.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1)));
}
