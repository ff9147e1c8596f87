import { sql, type SQL } from 'drizzle-orm';
import { withHashing } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';

/** After how many months leads and notes are deleted; null for never. */
export interface RetentionMonths {
  leadMonths: number | null;
  noteMonths: number | null;
}

/** A row that is to be deleted, with the stream whose lock guards it. */
export interface OutdatedRow extends Record<string, unknown> {
  id: string;
  connectionId: string;
  stream: string;
}

const ago = (months: number): SQL => sql`now() - make_interval(months => ${months}::int)`;

/**
 * Leads that nobody has touched: neither their source, nor by a note, an activity or a push. A lead
 * without any date is kept.
 */
const whereLeadOutdated = (tenantId: string, months: number): SQL => sql`
  l.tenant_id = ${tenantId}
  and greatest(l.source_updated_at, l.source_created_at, l.last_contacted_at) < ${ago(months)}
  and not exists (select from scheduled_activities as a where a.tenant_id = ${tenantId}
    and a.connection_id = l.connection_id and a.contact_id = l.external_id
    and a.deleted_at is null and a.scheduled_at >= ${ago(months)})
  and not exists (select from pushes as p where p.tenant_id = ${tenantId} and p.lead_id = l.id
    and p.requested_at >= ${ago(months)})`;

const whereOfLead = (table: string, tenantId: string, months: number): SQL => sql`
  ${sql.identifier(table)}.tenant_id = ${tenantId}
  and (connection_id, contact_id) in (select l.connection_id, l.external_id from leads as l
    where ${whereLeadOutdated(tenantId, months)})`;

/** The tables from which rows are deleted, what hangs on leads before the leads themselves. */
export const outdatedEntities = ['note', 'scheduledActivity', 'lead'] as const;
type OutdatedEntity = (typeof outdatedEntities)[number];

const tables: Record<OutdatedEntity, string> = {
  note: 'notes',
  scheduledActivity: 'scheduled_activities',
  lead: 'leads',
};

/** From and where of the outdated rows of an entity; undefined when all of it is kept. */
function selectFrom(
  entity: OutdatedEntity,
  tenantId: string,
  { leadMonths, noteMonths }: RetentionMonths,
): SQL | undefined {
  const table = tables[entity];
  if (entity === 'lead')
    return leadMonths === null
      ? undefined
      : sql`from leads as l where ${whereLeadOutdated(tenantId, leadMonths)}`;
  const conditions = [
    ...(leadMonths === null ? [] : [whereOfLead(table, tenantId, leadMonths)]),
    ...(entity === 'note' && noteMonths !== null
      ? [sql`notes.tenant_id = ${tenantId} and note_date < ${ago(noteMonths)}`]
      : []),
  ];
  return conditions.length === 0
    ? undefined
    : sql`from ${sql.identifier(table)}
        where ${sql.join(
          conditions.map((each) => sql`(${each})`),
          sql` or `,
        )}`;
}

/** How many rows of each table are past these months. */
export async function countOutdated(
  tx: Tx,
  tenantId: string,
  months: RetentionMonths,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const entity of outdatedEntities) {
    const from = selectFrom(entity, tenantId, months);
    if (from === undefined) continue;
    const { rows } = await withHashing(tx, () =>
      tx.execute<{ rows: number }>(sql`select count(*)::int as rows ${from}`),
    );
    counts[tables[entity]] = rows[0]?.rows ?? 0;
  }
  return counts;
}

/** Some of the rows of an entity that are past these months. */
export async function selectOutdated(
  tx: Tx,
  entity: OutdatedEntity,
  tenantId: string,
  months: RetentionMonths,
  limit: number,
): Promise<OutdatedRow[]> {
  const from = selectFrom(entity, tenantId, months);
  if (from === undefined) return [];
  const outdated = sql`select id, connection_id as "connectionId", stream ${from}
    order by connection_id, stream, id limit ${limit}`;
  const { rows } = await withHashing(tx, () => tx.execute<OutdatedRow>(outdated));
  return rows;
}

/** The table of an entity, as counts name it. */
export const tableOf = (entity: OutdatedEntity): string => tables[entity];
