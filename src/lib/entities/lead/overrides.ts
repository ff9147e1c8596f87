import { and, eq, inArray, or, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { fromCents, toCents } from '../../platform/money.ts';
import type { AppliedOverrides } from '../definition.ts';
import { leadRecord, type LeadOverridable, type LeadRecord } from '../../records/lead.ts';
import { leadOverrides } from '../../schema/leads.ts';

export type Overridable = LeadOverridable;

/** New values of a lead's fields, to be stored as overrides. */
export type NewValues = Partial<Record<Overridable, string | null>>;

export type Override = Pick<
  typeof leadOverrides.$inferSelect,
  'leadId' | 'value' | 'sourceValue'
> & { field: Overridable };

/** An override that the source has superseded. */
export type SupersededOverride = Pick<Override, 'leadId' | 'field'>;

/** A value as it is stored and compared: amounts to the cent, blank text as null. Pure. */
export function normalizeValue(
  field: Overridable,
  value: string | null | undefined,
): string | null {
  if (value === null || value === undefined || value.trim() === '') return null;
  return field === 'dealValue' ? fromCents(toCents(value)) : value.trim();
}

/**
 * The value in normal form; undefined when the record does not accept it, such as an empty status
 * or an amount that is not a number. Pure.
 */
export function parseValue(field: Overridable, value: string | null): string | null | undefined {
  const plain = leadRecord.shape[field].safeParse(value);
  return plain.success ? normalizeValue(field, plain.data) : undefined;
}

/**
 * Applies the overrides of a lead to its record. An override is superseded when the source's value
 * differs from the one it had when the override was made: then the source's value stands. Pure.
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

/** The overrides of the given leads, by lead id. */
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
 * Applies the stored overrides to the records of existing leads, by lead id. Reports superseded
 * overrides but does not delete them.
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

/** Deletes superseded overrides. */
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

/** A field to override. */
export interface NewOverride {
  field: Overridable;
  value: string | null;
  /** The row's value now. */
  now: string | null;
}

/**
 * Stores changed fields of one lead as overrides. The source's value is the row's value at the
 * first override of the field; an override that returns to that value is deleted.
 */
export async function saveOverrides(
  tx: Tx,
  tenantId: string,
  leadId: string,
  changed: readonly NewOverride[],
  from: { connectionId: string | null; by: string | null },
): Promise<void> {
  const { connectionId, by: createdBy } = from;
  const target = [leadOverrides.tenantId, leadOverrides.leadId, leadOverrides.field];
  for (const { field, value, now } of changed)
    await tx
      .insert(leadOverrides)
      .values({ tenantId, leadId, field, value, sourceValue: now, connectionId, createdBy })
      .onConflictDoUpdate({
        target,
        set: { value, connectionId, createdBy, createdAt: sql`now()` },
      });
  const back = sql`${leadOverrides.value} is not distinct from ${leadOverrides.sourceValue}`;
  await tx
    .delete(leadOverrides)
    .where(and(eq(leadOverrides.tenantId, tenantId), eq(leadOverrides.leadId, leadId), back));
}
