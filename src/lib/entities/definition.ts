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

/*
 * How entity rows come about. A connector maps an item of a page to a record (src/lib/records), and
 * `planUpsert` (upsert.ts) makes a row of it by the entity's definition: overrides are applied to
 * the record, columns are derived from it, and the row is written if its digest has changed. Each
 * write yields a `Change`, from which summaries, scores and the search index are brought up to date
 * in the same transaction (src/lib/ingest/apply.ts). A replay goes through `compareVersions`
 * (compare.ts) instead, which rebuilds rows from the stored raw snapshots.
 */

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

/** A change of one row; null on a side where the row is absent or deleted. */
export interface Change<Name extends EntityName = EntityName> {
  before: EntityRows[Name] | null;
  after: EntityRows[Name] | null;
}

/** Writes what follows from changes, in the transaction that made them. */
export type DerivedWrite = (tx: Tx) => Promise<void>;

/** What derived columns may depend on besides the record. */
export interface DeriveContext {
  timeZone: string;
  /** When the response with the item was received. */
  receivedAt: Date;
}

/**
 * The result of applying overrides, by row id: the record with the overrides in force, and the
 * fields whose override the source has superseded.
 */
export type AppliedOverrides<Name extends EntityName = EntityName> = Map<
  string,
  { record: EntityRecords[Name]; superseded: string[] }
>;

/** How rows of an entity are made and stored. */
export interface EntityDefinition<Name extends EntityName = EntityName> {
  name: Name;
  table: PgTable;
  /** Computes the derived columns from the record and the previous row. Pure. */
  derive(
    record: EntityRecords[Name],
    before: EntityRows[Name] | null,
    context: DeriveContext,
  ): Partial<EntityRows[Name]>;
  /**
   * For a column with the time since which another column has had its value: it depends on all
   * versions of the record, not on the newest alone.
   */
  history?: {
    /** The column with the time. */
    since: keyof EntityRows[Name] & string;
    /** Whether the time cannot be taken from the previous row. Pure. */
    isLost(record: EntityRecords[Name], before: EntityRows[Name] | null): boolean;
  };
  /** For entities with fields that people or a CRM may override. */
  overrides?: {
    /**
     * Applies the overrides to the records of existing rows, by row id. Records without overrides
     * are left out. Writes nothing.
     */
    apply(
      tx: Tx,
      tenantId: string,
      records: ReadonlyMap<string, EntityRecords[Name]>,
    ): Promise<AppliedOverrides<Name>>;
    /** Deletes superseded overrides. */
    drop(
      tx: Tx,
      tenantId: string,
      superseded: readonly { id: string; fields: readonly string[] }[],
    ): Promise<void>;
  };
}
