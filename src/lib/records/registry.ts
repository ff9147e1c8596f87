import { companyRecord, type CompanyRecord } from './company.ts';
import { contactRecord, type ContactRecord } from './contact.ts';
import { leadRecord, type LeadRecord } from './lead.ts';
import { noteRecord, type NoteRecord } from './note.ts';
import { opportunityRecord, type OpportunityRecord } from './opportunity.ts';
import { referralRecord, type ReferralRecord } from './referral.ts';
import { scheduledActivityRecord, type ScheduledActivityRecord } from './scheduled-activity.ts';
import { stageRecord, type StageRecord } from './stage.ts';

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
