import { expect } from 'vitest';
import type { Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';

/** The table that a stream feeds, and the object that it reads. */
const STREAMS = {
  accounts: ['companies', 'Account'],
  contacts: ['contacts', 'Contact'],
  leads: ['leads', 'Lead'],
  stages: ['stages', 'OpportunityStage'],
  opportunities: ['opportunities', 'Opportunity'],
  tasks: ['scheduled_activities', 'Task'],
  events: ['scheduled_activities', 'Event'],
  notes: ['notes', 'Note'],
  contentNotes: ['notes', 'ContentDocument'],
} as const;

/** The name of a record that is pointed to: it changes without the record that points to it. */
const isParentName = (path: string): boolean => path.includes('.');

interface Stored {
  id: string;
  raw: Record<string, unknown>;
}

/**
 * Every live row is the organisation's record, by id and by all that was read of it, and there is
 * no other; opportunities by stage, outcome and value, too. Returns how many were compared.
 */
export async function expectSameSalesforce(
  db: TestDatabase,
  sandbox: Sandbox,
  org: string,
  tenantId: string,
): Promise<number> {
  const truth = sandbox.salesforce.truth(org);
  let compared = 0;
  for (const [stream, [table, object]] of Object.entries(STREAMS)) {
    const source = new Map((truth[object] ?? []).map((row) => [String(row['Id']), row]));
    const rows = await db.query<Stored>(
      `select external_id as id, raw_json as raw
       from ${table}
       where tenant_id = $1 and stream = $2 and deleted_at is null`,
      [tenantId, stream],
    );
    const wrong = rows.flatMap(({ id }) => (source.has(id) ? [] : [`${object} ${id}: not there`]));
    for (const [id, row] of source) {
      const stored = rows.find((each) => each.id === id);
      const differing = stored === undefined ? ['missing'] : compare(stored.raw, row);
      if (differing.length > 0) wrong.push(`${object} ${id}: ${differing.join('; ')}`);
    }
    expect(wrong, stream).toEqual([]);
    compared += rows.length;
  }
  await expectSameDeals(db, truth['Opportunity'] ?? [], tenantId);
  return compared;
}

function compare(raw: Record<string, unknown>, row: Record<string, unknown>): string[] {
  return Object.entries(flatten(raw)).flatMap(([path, value]) =>
    isParentName(path) || toText(row[path]) === toText(value)
      ? []
      : [`${path}: ${toText(value)} is ${toText(row[path])} there`],
  );
}

/** What was read of a record, without what names its kind and without lists of children. */
function flatten(raw: Record<string, unknown>): Record<string, unknown> {
  const own = Object.entries(raw).filter(
    ([name, value]) =>
      name !== 'attributes' && (typeof value !== 'object' || value === null) && !isRelation(name),
  );
  return Object.fromEntries(own);
}

const isRelation = (name: string): boolean =>
  ['Owner', 'Who', 'What', 'Account', 'CreatedBy', 'ContentDocumentLinks'].includes(name) ||
  name === 'LatestPublishedVersion';

/** Values of JSON and of CSV in one form. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return String(value).replace(/^(\d{4}-\d{2}-\d{2}T[\d:.]+)\+0000$/, '$1Z');
}

/** What pages show of a deal, worked out once more from what the organisation holds. */
async function expectSameDeals(
  db: TestDatabase,
  opportunities: readonly Record<string, unknown>[],
  tenantId: string,
): Promise<void> {
  const stored = await db.query(
    `select external_id as id, stage, outcome, value::text, likely_pct::float as likely
     from opportunities
     where tenant_id = $1 and deleted_at is null
     order by external_id collate "C"`,
    [tenantId],
  );
  const expected = opportunities.map((row) => {
    const outcome = row['IsWon'] === true ? 'won' : row['IsClosed'] === true ? 'lost' : 'open';
    return {
      id: row['Id'],
      stage: row['StageName'],
      outcome,
      value: typeof row['Amount'] === 'number' ? row['Amount'].toFixed(2) : null,
      likely: outcome === 'open' ? row['Probability'] : outcome === 'won' ? 100 : 0,
    };
  });
  expect(stored).toEqual(expected.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1)));
}
