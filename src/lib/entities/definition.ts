import type { PgTable } from 'drizzle-orm/pg-core';
import type { Tx } from '../platform/db/pool.ts';
import type { companies } from '../schema/companies.ts';
import type { contacts } from '../schema/contacts.ts';
import type { leads } from '../schema/leads.ts';
import type { notes } from '../schema/notes.ts';
import type { opportunities } from '../schema/opportunities.ts';
import type { referrals } from '../schema/referrals.ts';
import type { scheduledActivities } from '../schema/scheduled-activities.ts';
import type { stages } from '../schema/stages.ts';
import type { EntityName, EntityRecords } from '../records/registry.ts';

/** A stored row of each entity, without the raw item. */
export interface EntityRows {
  lead: Omit<typeof leads.$inferSelect, 'rawJson'>;
  opportunity: Omit<typeof opportunities.$inferSelect, 'rawJson'>;
  note: Omit<typeof notes.$inferSelect, 'rawJson'>;
  scheduledActivity: Omit<typeof scheduledActivities.$inferSelect, 'rawJson'>;
  stage: Omit<typeof stages.$inferSelect, 'rawJson'>;
  referral: Omit<typeof referrals.$inferSelect, 'rawJson'>;
  company: Omit<typeof companies.$inferSelect, 'rawJson'>;
  contact: Omit<typeof contacts.$inferSelect, 'rawJson'>;
}

export type LeadRow = EntityRows['lead'];

/** What became of one row: null stands for "not there" (never seen, or deleted). */
export interface Change<Name extends EntityName = EntityName> {
  before: EntityRows[Name] | null;
  after: EntityRows[Name] | null;
}

/** What a row may be derived from besides its record. */
export interface DeriveContext {
  timeZone: string;
  /** When the answer that holds the item arrived. */
  receivedAt: Date;
}

/**
 * Records with what others said laid over them, by the id of the row, and the fields in which the
 * source has overtaken that.
 */
export type AppliedOverrides<Name extends EntityName = EntityName> = Map<
  string,
  { record: EntityRecords[Name]; superseded: string[] }
>;

/** How an entity is kept. */
export interface EntityDefinition<Name extends EntityName = EntityName> {
  name: Name;
  table: PgTable;
  /** Columns that follow from the record and from the row before. Pure. */
  derive(
    record: EntityRecords[Name],
    before: EntityRows[Name] | null,
    context: DeriveContext,
  ): Partial<EntityRows[Name]>;
  /**
   * For columns that tell since when something is so: they follow from all versions of the record,
   * not from the newest alone.
   */
  history?: {
    /** The column that holds the time. */
    since: keyof EntityRows[Name] & string;
    /** Whether the row before does not tell what the record's column should be. Pure. */
    isLost(record: EntityRecords[Name], before: EntityRows[Name] | null): boolean;
  };
  /** For entities whose fields others than the source may change. */
  overrides?: {
    /**
     * Lays what others said over the records of rows that are there. Records without any are left
     * out. Writes nothing.
     */
    apply(
      tx: Tx,
      tenantId: string,
      records: ReadonlyMap<string, EntityRecords[Name]>,
    ): Promise<AppliedOverrides<Name>>;
    /** Forgets what the source has overtaken. */
    drop(
      tx: Tx,
      tenantId: string,
      superseded: readonly { id: string; fields: readonly string[] }[],
    ): Promise<void>;
  };
}
