import { sql } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { tryCall } from '../item.ts';
import type { Stream } from '../types.ts';
import type { ItemPlace } from './judge.ts';
import type { RetentionRule } from './retention-rule.ts';

/** An item by what its age follows from. */
interface Dated {
  item: unknown;
  /** The id under which a row may be known: of a lead its own, of a note that of its lead. */
  id: string;
}

/**
 * The items of a response that the workspace does not keep (any more), so that what retention has
 * deleted does not come back: notes that are too old, and leads that nobody has touched and that
 * have no row. A lead with a row is left to the job, which also knows of contacts and pushes. Notes
 * and activities of leads that are gone follow them.
 */
export async function findOutdated(
  rule: RetentionRule,
  tenantId: string,
  stream: Stream,
  place: ItemPlace,
  items: readonly unknown[],
): Promise<ReadonlySet<unknown>> {
  if (rule.leadsBefore === null && rule.notesBefore === null) return new Set();
  const old: unknown[] = [];
  const doubtful: Dated[] = [];
  for (const item of items) {
    const record = toRecord(stream, place, item);
    const at = readAge(stream, record);
    if (at === null) continue;
    if (stream.entity === 'note' && isBefore(at, rule.notesBefore)) old.push(item);
    else if (isBefore(at, rule.leadsBefore)) {
      const id = record[stream.entity === 'lead' ? 'externalId' : 'contactId'];
      if (typeof id === 'string') doubtful.push({ item, id });
    }
  }
  if (doubtful.length === 0) return new Set(old);
  const ids = doubtful.map(({ id }) => id);
  const known = await readTenant(tenantId, (tx) =>
    selectKnown(tx, tenantId, place.connectionId, stream, ids),
  );
  return new Set([...old, ...doubtful.filter(({ id }) => !known.has(id)).map(({ item }) => item)]);
}

function toRecord(
  stream: Stream,
  { partition, settings, currency }: ItemPlace,
  item: unknown,
): Record<string, unknown> {
  const context = { settings, currency, partition: partition ?? undefined, index: 0 };
  return (tryCall(() => stream.map(item, context)).value ?? {}) as Record<string, unknown>;
}

/** When the source last said that something happened to the item; null when it does not say. */
function readAge({ entity }: Stream, record: Record<string, unknown>): Date | null {
  const names = {
    lead: ['sourceUpdatedAt', 'sourceCreatedAt'],
    note: ['noteDate'],
    scheduledActivity: ['scheduledAt'],
  };
  if (entity !== 'lead' && entity !== 'note' && entity !== 'scheduledActivity') return null;
  const times = names[entity].flatMap((name) => {
    const at = record[name];
    return at instanceof Date ? [at.getTime()] : [];
  });
  return times.length === 0 ? null : new Date(Math.max(...times));
}

const isBefore = (at: Date, limit: Date | null): boolean => limit !== null && at < limit;

/** Which ids have a live row: of a lead, or of anything that a note can belong to. */
async function selectKnown(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  { entity }: Stream,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const tables =
    entity === 'lead' ? ['leads'] : ['leads', 'contacts', 'companies', 'opportunities'];
  const selects = tables.map(
    (table) => sql`select external_id from ${sql.identifier(table)}
      where tenant_id = ${tenantId} and connection_id = ${connectionId} and deleted_at is null
        and external_id = any(${sql.param([...ids])}::text[])`,
  );
  const { rows } = await tx.execute<{ external_id: string }>(sql.join(selects, sql` union `));
  return new Set(rows.map((row) => row.external_id));
}
