import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { equalsInOrder, withSortDisabled } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../../schema/leads.ts';
import { notes } from '../../schema/notes.ts';
import { scheduledActivities } from '../../schema/scheduled-activities.ts';
import type { Change, DerivedWrite } from '../definition.ts';

/** A contact by its id at the source; the lead of the same connection has it as external id. */
interface SourceContact {
  connectionId: string;
  contactId: string;
}

/** Brings the time of last contact up to date on the leads of changed notes and activities. */
export function refreshLastContact(
  tenantId: string,
  changes: readonly (Change<'note'> | Change<'scheduledActivity'>)[],
): DerivedWrite {
  const contacts = changes
    .flatMap(({ before, after }) => [before, after])
    .flatMap((row) =>
      row === null || row.contactId === null
        ? []
        : [{ connectionId: row.connectionId, contactId: row.contactId }],
    );
  return (tx) => writeLastContact(tx, tenantId, contacts);
}

/** Sets the time of last contact of leads that are new or came back: their notes may be older. */
export function refreshLastContactOfLeads(
  tenantId: string,
  changes: readonly Change<'lead'>[],
): DerivedWrite {
  const contacts = changes.flatMap(({ before, after }) =>
    before !== null || after === null
      ? []
      : [{ connectionId: after.connectionId, contactId: after.externalId }],
  );
  // During a first sync, leads come before all that may be about them.
  const mayHave = sql`(exists (select from ${notes} where tenant_id = ${tenantId})
    or exists (select from ${scheduledActivities} where tenant_id = ${tenantId}))`;
  return (tx) => writeLastContact(tx, tenantId, contacts, mayHave);
}

/** Recomputes the time of last contact of all leads of a tenant. */
export async function recountLastContact(tx: Tx, tenantId: string): Promise<void> {
  const contact = sql`${leads} as l,
    lateral (select l.connection_id, l.external_id as contact_id) as c`;
  await tx.execute(
    update(tenantId, sql`${contact}, ${lastContact(tenantId)} where l.tenant_id = ${tenantId}`),
  );
}

async function writeLastContact(
  tx: Tx,
  tenantId: string,
  contacts: readonly SourceContact[],
  condition: SQL = sql`true`,
): Promise<void> {
  const wanted = [...new Map(contacts.map((each) => [toKey(each), each])).values()];
  if (wanted.length === 0) return;
  const contact = sql`unnest(
    ${sql.param(wanted.map(({ connectionId }) => connectionId))}::uuid[],
    ${sql.param(wanted.map(({ contactId }) => contactId))}::text[])
    as c (connection_id, contact_id)`;
  // Looks up each lead by its key.
  const lead = sql`lateral (
    select id, last_contacted_at from ${leads}
    where tenant_id = ${tenantId} and connection_id = c.connection_id
      and ${equalsInOrder(sql`external_id`, sql`c.contact_id`)}
    order by external_id limit 1) as l`;
  await withSortDisabled(tx, () =>
    tx.execute(
      update(tenantId, sql`${contact}, ${lead}, ${lastContact(tenantId)} where ${condition}`),
    ),
  );
}

const toKey = ({ connectionId, contactId }: SourceContact): string =>
  `${connectionId}/${contactId}`;

/** A lateral sub-select `t` with the time `at` of the last contact with `c`. */
function lastContact(tenantId: string): SQL {
  const newest = (table: PgTable, time: string) => sql`(
    select max(about.time) from (
      select ${sql.identifier(time)} as time from ${table}
      where tenant_id = ${tenantId} and connection_id = c.connection_id
        and ${equalsInOrder(sql`contact_id`, sql`c.contact_id`)}
        and deleted_at is null order by contact_id) as about)`;
  return sql`lateral (select greatest(
    ${newest(notes, 'note_date')}, ${newest(scheduledActivities, 'held_at')}) as at) as t`;
}

/** Writes only leads whose time differs, because each write of a lead updates many indexes. */
function update(tenantId: string, from: SQL): SQL {
  return sql`
    with off as materialized (
      select l.id, t.at from ${from} and l.last_contacted_at is distinct from t.at)
    update ${leads} set last_contacted_at = off.at from off
    where leads.tenant_id = ${tenantId} and leads.id = any(array(select id from off))
      and leads.id = off.id`;
}
