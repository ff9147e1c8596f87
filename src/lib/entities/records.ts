import { companyRecord, type CompanyRecord } from './company/record.ts';
import { contactRecord, type ContactRecord } from './contact/record.ts';
import { leadRecord, type LeadRecord } from './lead/record.ts';
import { noteRecord, type NoteRecord } from './note/record.ts';
import { opportunityRecord, type OpportunityRecord } from './opportunity/record.ts';
import { referralRecord, type ReferralRecord } from './referral/record.ts';
import {
  scheduledActivityRecord,
  type ScheduledActivityRecord,
} from './scheduled-activity/record.ts';
import { stageRecord, type StageRecord } from './stage/record.ts';

/** What each entity looks like on its way in. */
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
