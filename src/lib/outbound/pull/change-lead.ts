import { and, eq, getTableColumns, or } from 'drizzle-orm';
import type { LeadRow } from '../../entities/definition.ts';
import { leadEntity } from '../../entities/lead/entity.ts';
import {
  saveOverrides,
  normalizeValue,
  type NewValues,
  type Overridable,
} from '../../entities/lead/overrides.ts';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { applyLeadChange } from '../../ingest/apply.ts';
import { streamStates } from '../../schema/sync.ts';

const { rawJson: _unread, ...columns } = getTableColumns(leads);

/** Reads a lead without locking it, also a deleted one; undefined when there is none. */
export async function readLead(
  tx: Tx,
  tenantId: string,
  leadId: string,
): Promise<LeadRow | undefined> {
  const [row] = await tx.select(columns).from(leads).where(whereLead(tenantId, leadId));
  return row;
}

/** As `readLead`, locked until the transaction ends. Take the streams first (`lockStreams`). */
export async function lockLead(
  tx: Tx,
  tenantId: string,
  leadId: string,
): Promise<LeadRow | undefined> {
  const [row] = await tx
    .select(columns)
    .from(leads)
    .where(whereLead(tenantId, leadId))
    .for('no key update');
  return row;
}

/**
 * Locks the states of streams, as each page of a sync and of a replay does, so that all who write
 * their rows take turns. Always before any push or lead is locked, and in a fixed order, so that no
 * deadlock arises.
 */
export async function lockStreams(
  tx: Tx,
  tenantId: string,
  streams: readonly Pick<LeadRow, 'connectionId' | 'stream'>[],
): Promise<void> {
  if (streams.length === 0) return;
  const whereAnyStream = or(
    ...streams.map(({ connectionId, stream }) =>
      and(eq(streamStates.connectionId, connectionId), eq(streamStates.stream, stream)),
    ),
  );
  await tx
    .select({ version: streamStates.version })
    .from(streamStates)
    .where(and(eq(streamStates.tenantId, tenantId), whereAnyStream))
    .orderBy(streamStates.connectionId, streamStates.stream)
    .for('update');
}

/**
 * Changes fields of a lead that the transaction has locked, and stores them as overrides, which
 * hold until the source changes the field. Rollups are updated. `changedAt` stays, because it says
 * which response of the source the row reflects.
 */
export async function changeLead(
  tx: Tx,
  before: LeadRow,
  values: NewValues,
  from: { connectionId: string | null; by: string | null; timeZone: string },
): Promise<LeadRow> {
  const changed = (Object.entries(values) as [Overridable, string | null][]).map(
    ([field, value]) => ({
      field,
      value: normalizeValue(field, value),
      now: normalizeValue(field, before[field]),
    }),
  );
  const different = changed.filter(({ value, now }) => value !== now);
  if (different.length === 0) return before;
  const changedValues = Object.fromEntries(different.map(({ field, value }) => [field, value]));
  const written = {
    ...changedValues,
    ...leadEntity.derive({ ...before, ...changedValues }, before, {
      timeZone: from.timeZone,
      receivedAt: before.changedAt,
    }),
  };
  await saveOverrides(tx, before.tenantId, before.id, different, from);
  return applyLeadChange(tx, before, written);
}

const whereLead = (tenantId: string, leadId: string) =>
  and(eq(leads.tenantId, tenantId), eq(leads.id, leadId));
