import { z } from 'zod';
import { defineFields, recordSchema, type KeysWith, type Shown } from './fields.ts';
import { referralTypes } from './referral.ts';
import { sharedFields } from './shared.ts';
import { amount, line, optionalLine, prose } from './text.ts';

/** What to do with a company: move its mail, sell more to it, warm it up, leave it alone. */
export const segments = ['Migration', 'Existing', 'Cold', 'Skip'] as const;
export const tenantSizes = ['small', 'medium', 'large'] as const;
export const pushStates = ['pending', 'synced', 'failed', 'conflict'] as const;

/** For fields that the source provides and that people or a CRM may change afterwards. */
const fromSource = { record: optionalLine(), overridable: true, mappable: true } as const;

/**
 * A person or company that may become a customer: the fields that providers supply and those
 * computed here, in the order of exports.
 */
export const leadFields = defineFields({
  /** What people call the lead: person, else company, else e-mail, else "Unnamed lead". */
  name: {
    ...fromSource,
    kind: 'text',
    label: 'Name',
    required: true,
    record: line(),
    shownIn: 'list',
    export: { width: 28 },
    sort: 'name',
  },
  /** The parts of a person's name, where the source keeps them apart. */
  firstName: {
    kind: 'text',
    label: 'First name',
    record: optionalLine().optional(),
    overridable: true,
  },
  lastName: {
    kind: 'text',
    label: 'Last name',
    record: optionalLine().optional(),
    overridable: true,
  },
  company: {
    kind: 'text',
    label: 'Company',
    record: optionalLine(),
    overridable: true,
    shownIn: 'list',
    export: { width: 24 },
  },
  email: {
    ...fromSource,
    kind: 'text',
    label: 'E-mail address',
    shownIn: 'list',
    export: { width: 30, heading: 'E-mail' },
  },
  /** The company's website, where the source keeps one. */
  website: {
    kind: 'text',
    label: 'Website',
    record: optionalLine().optional(),
    overridable: true,
    shownIn: 'detail',
  },
  phone: {
    ...fromSource,
    kind: 'text',
    label: 'Telephone',
    shownIn: 'list',
    export: { width: 18, heading: 'Phone' },
  },
  city: { ...fromSource, kind: 'text', label: 'City', shownIn: 'detail' },
  state: { ...fromSource, kind: 'text', label: 'State', shownIn: 'detail' },
  source: {
    ...fromSource,
    kind: 'text',
    label: 'Source',
    shownIn: 'list',
    about: 'Where the lead came from; null when the source does not say.',
    export: { width: 20 },
  },
  /** The stage name in the source; "New Lead" when it is blank there. */
  status: {
    ...fromSource,
    kind: 'text',
    label: 'Status',
    required: true,
    record: line(),
    shownIn: 'list',
    export: { width: 18 },
  },
  /** True when the stage is at or past the tenant's qualifying likelihood. */
  qualified: {
    kind: 'flag',
    label: 'Qualified',
    required: true,
    record: z.boolean(),
    shownIn: 'list',
    export: { width: 10 },
  },
  dealValue: {
    ...fromSource,
    kind: 'amount',
    label: 'Deal value',
    record: amount().nullable(),
    as: 'value',
    shownIn: 'list',
    about: 'In the currency of the workspace.',
    export: { width: 14, heading: 'Value' },
    sort: 'value',
  },
  assignedTo: {
    ...fromSource,
    kind: 'text',
    label: 'Assigned to',
    shownIn: 'list',
    export: { width: 20 },
    table: 'roomy',
    fact: true,
  },
  /** The free text on the lead, as plain text. */
  summary: {
    ...fromSource,
    kind: 'text',
    label: 'Summary',
    record: prose().nullable(),
    shownIn: 'detail',
  },
  /**
   * The lead that this one is a copy of, because we pushed that one into this source. Copies are
   * stored, but neither listed nor counted.
   */
  mirrorOf: {
    kind: 'id',
    label: 'Copy of',
    fixed: true,
    record: z.uuid().nullable().optional(),
  },
  ...sharedFields,
  /**
   * The registrable domain of the website, else of the e-mail address unless that is at a mailbox
   * provider.
   */
  domain: {
    kind: 'text',
    label: 'Domain',
    mappable: true,
    shownIn: 'list',
    export: { width: 24 },
  },
  score: {
    kind: 'integer',
    label: 'Score',
    mappable: true,
    shownIn: 'list',
    about: '0 to 100; null until the domain has been scanned.',
    export: { width: 8 },
    sort: 'score',
  },
  segment: {
    kind: 'text',
    label: 'Segment',
    values: segments,
    mappable: true,
    shownIn: 'list',
    export: { width: 12 },
  },
  priority: {
    kind: 'integer',
    label: 'Priority',
    shownIn: 'list',
    about: '1 is the most urgent.',
    export: { width: 8 },
  },
  /** Who keeps the mailboxes of the domain, as a key of src/lib/posture/mx/providers.ts. */
  mailProvider: {
    kind: 'text',
    label: 'Mail provider',
    shownIn: 'list',
    export: { width: 20 },
  },
  tenantSize: {
    kind: 'text',
    label: 'Size',
    values: tenantSizes,
    mappable: true,
    shownIn: 'list',
    export: { width: 12, heading: 'Company size' },
  },
  referralType: {
    kind: 'text',
    label: 'Referral type',
    values: referralTypes,
    mappable: true,
    shownIn: 'list',
    export: { width: 18, heading: 'Referral' },
  },
  pushState: {
    kind: 'text',
    label: 'CRM',
    values: pushStates,
    shownIn: 'list',
    about: 'State of the newest push into a CRM; null if there is none.',
    export: { width: 10 },
  },
  /**
   * When the lead was last contacted: the later of its last note and its last activity that took
   * place.
   */
  lastContactedAt: {
    kind: 'instant',
    label: 'Last contacted',
    mappable: true,
    shownIn: 'list',
    about: 'Time of its last note or of its last activity that took place, whichever is later.',
    export: { width: 18 },
    sort: 'contacted',
    table: 'always',
    fact: true,
  },
});

export const leadRecord = recordSchema(leadFields);
export type LeadRecord = z.output<typeof leadRecord>;

/** The fields that another system or a person may change after the source. */
export type LeadOverridable = KeysWith<typeof leadFields, 'overridable'>;

/** One row of the lead table, of `GET /api/leads` and of the export. */
export interface LeadListRow extends Shown<typeof leadFields, 'list'> {
  id: string;
}
export type LeadDetailFields = Shown<typeof leadFields, 'detail'>;
