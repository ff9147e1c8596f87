import type { z } from 'zod';
import type { Fields, KeysWith } from './fields.ts';
import { companyFields, companyRecord, type CompanyRecord } from './company.ts';
import { contactFields, contactRecord, type ContactRecord } from './contact.ts';
import { leadFields, leadRecord, type LeadRecord } from './lead.ts';
import { noteFields, noteRecord, type NoteRecord } from './note.ts';
import { opportunityFields, opportunityRecord, type OpportunityRecord } from './opportunity.ts';
import { referralFields, referralRecord, type ReferralRecord } from './referral.ts';
import {
  scheduledActivityFields,
  scheduledActivityRecord,
  type ScheduledActivityRecord,
} from './scheduled-activity.ts';
import { stageFields, stageRecord, type StageRecord } from './stage.ts';

/** The record type of each entity, as connectors produce it. */
export interface EntityRecords {
  lead: LeadRecord;
  opportunity: OpportunityRecord;
  note: NoteRecord;
  scheduledActivity: ScheduledActivityRecord;
  stage: StageRecord;
  referral: ReferralRecord;
  company: CompanyRecord;
  contact: ContactRecord;
}
export type EntityName = keyof EntityRecords;

/** The fields of each entity, in the order of its list. */
export const entityFields = {
  lead: leadFields,
  opportunity: opportunityFields,
  note: noteFields,
  scheduledActivity: scheduledActivityFields,
  stage: stageFields,
  referral: referralFields,
  company: companyFields,
  contact: contactFields,
} as const satisfies Record<EntityName, Fields>;

/** The part of a record that ties it to others: its id, and whose it is. */
export type RecordKeys<Entity extends EntityName> = Pick<
  EntityRecords[Entity],
  KeysWith<(typeof entityFields)[Entity], 'fixed'> & keyof EntityRecords[Entity]
>;

/** The schema that every record must pass before it is stored. */
export const recordSchemas = {
  lead: leadRecord,
  opportunity: opportunityRecord,
  note: noteRecord,
  scheduledActivity: scheduledActivityRecord,
  stage: stageRecord,
  referral: referralRecord,
  company: companyRecord,
  contact: contactRecord,
} as const;

export const entityNames = Object.keys(recordSchemas) as EntityName[];

/**
 * A record as it is stored. A field that cannot be stored is unknown; only a field that every
 * record of the entity has, such as its id, takes the record with it. Throws ZodError.
 */
export function parseRecord(entity: EntityName, record: unknown): EntityRecords[EntityName] {
  const schema = recordSchemas[entity];
  const parsed = schema.safeParse(record);
  if (parsed.success) return parsed.data;
  const fields: Record<string, z.ZodType> = schema.shape;
  const unusable = parsed.error.issues.map(({ path }) => String(path[0]));
  const isLost = unusable.some((field) => fields[field]?.safeParse(null).success !== true);
  if (isLost) throw parsed.error;
  const unknown = Object.fromEntries(unusable.map((field) => [field, null]));
  return schema.parse({ ...(record as object), ...unknown });
}
