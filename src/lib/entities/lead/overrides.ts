import { and, eq, inArray, or, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { fromCents, toCents } from '../../platform/money.ts';
import type { AppliedOverrides } from '../definition.ts';
import { leadRecord, type LeadOverridable, type LeadRecord } from '../../records/lead.ts';
import { leadOverrides } from '../../schema/leads.ts';

export type Overridable = LeadOverridable;

/** Fields that are to say something else than the lead's own source says. */
export type NewValues = Partial<Record<Overridable, string | null>>;

export type Override = Pick<
  typeof leadOverrides.$inferSelect,
  'leadId' | 'value' | 'sourceValue'
> & { field: Overridable };

/** An override that its source has overtaken. */
export type SupersededOverride = Pick<Override, 'leadId' | 'field'>;

/** A field's value as it is kept and compared: amounts to the cent, blanks as nothing. */
export function normalizeValue(
  field: Overridable,
  value: string | null | undefined,
): string | null {
  if (value === null || value === undefined || value.trim() === '') return null;
  return field === 'dealValue' ? fromCents(toCents(value)) : value.trim();
}

/**
 * The value as the record takes it; undefined when it does not take it, such as a status of nothing
 * or an amount of letters.
 */
export function parseValue(field: Overridable, value: string | null): string | null | undefined {
  const plain = leadRecord.shape[field].safeParse(value);
  return plain.success ? normalizeValue(field, plain.data) : undefined;
}

/**
 * The record with the overrides of its lead laid over it. One whose source says something else than
 * when the field was changed is overtaken: the source's word stands. Pure.
 */
export function overlayRecord<Fields extends Pick<LeadRecord, Overridable>>(
  record: Fields,
  overrides: readonly Override[],
): { record: Fields; superseded: SupersededOverride[] } {
  const isCurrent = ({ field, sourceValue }: Override) =>
    normalizeValue(field, record[field]) === sourceValue;
  const current = overrides.filter(isCurrent);
  const superseded = overrides
    .filter((one) => !isCurrent(one))
    .map(({ leadId, field }) => ({ leadId, field }));
  if (current.length === 0) return { record, superseded };
  return {
    record: {
      ...record,
      ...Object.fromEntries(current.map(({ field, value }) => [field, value])),
    },
    superseded,
  };
}

/** The overrides of some leads, by lead. */
async function loadOverrides(
  tx: Tx,
  tenantId: string,
  leadIds: readonly string[],
): Promise<Map<string, Override[]>> {
  if (leadIds.length === 0) return new Map();
  const { leadId, field, value, sourceValue } = leadOverrides;
  const rows = await tx
    .select({ leadId, field, value, sourceValue })
    .from(leadOverrides)
    .where(and(eq(leadOverrides.tenantId, tenantId), inArray(leadId, [...leadIds])));
  return Map.groupBy(rows as Override[], (row) => row.leadId);
}

/**
 * Lays the overrides over the records of leads that are there; what is overtaken is told, not
 * deleted.
 */
export async function applyLeadOverrides(
  tx: Tx,
  tenantId: string,
  records: ReadonlyMap<string, LeadRecord>,
): Promise<AppliedOverrides<'lead'>> {
  const overrides = await loadOverrides(tx, tenantId, [...records.keys()]);
  const applied: AppliedOverrides<'lead'> = new Map();
  for (const [leadId, own] of overrides) {
    const record = records.get(leadId);
    if (record === undefined) continue;
    const over = overlayRecord(record, own);
    applied.set(leadId, {
      record: over.record,
      superseded: over.superseded.map(({ field }) => field),
    });
  }
  return applied;
}

/** Deletes overrides that their sources have overtaken. */
export async function dropOverrides(
  tx: Tx,
  tenantId: string,
  superseded: readonly { id: string; fields: readonly string[] }[],
): Promise<void> {
  const some = superseded.filter(({ fields }) => fields.length > 0);
  if (some.length === 0) return;
  const which = some.map(({ id, fields }) =>
    and(eq(leadOverrides.leadId, id), inArray(leadOverrides.field, [...fields])),
  );
  await tx.delete(leadOverrides).where(and(eq(leadOverrides.tenantId, tenantId), or(...which)));
}

/** A field that is to say something else than its source. */
export interface NewOverride {
  field: Overridable;
  value: string | null;
  /** What the row says now. */
  now: string | null;
}

/**
 * Keeps changed fields of one lead as overrides. The source's value is what the row said when the
 * field was changed first: a field that goes back to it needs no override any more.
 */
export async function saveOverrides(
  tx: Tx,
  tenantId: string,
  leadId: string,
  changed: readonly NewOverride[],
  from: { connectionId: string | null; by: string | null },
): Promise<void> {
  for (const { field, value, now } of changed) {
    const row = {
      tenantId,
      leadId,
      field,
      value,
      sourceValue: now,
      connectionId: from.connectionId,
      createdBy: from.by,
    };
    const { connectionId, by: createdBy } = from;
    const target = [leadOverrides.tenantId, leadOverrides.leadId, leadOverrides.field];
    await tx
      .insert(leadOverrides)
      .values(row)
      .onConflictDoUpdate({
        target,
        set: { value, connectionId, createdBy, createdAt: sql`now()` },
      });
  }
  const back = sql`${leadOverrides.value} is not distinct from ${leadOverrides.sourceValue}`;
  await tx
    .delete(leadOverrides)
    .where(and(eq(leadOverrides.tenantId, tenantId), eq(leadOverrides.leadId, leadId), back));
}
