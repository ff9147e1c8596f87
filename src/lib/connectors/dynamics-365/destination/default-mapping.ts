import type { ConflictRule, FieldMapping, PushTable } from '../../contract/destination.ts';

const rows = (
  table: PushTable,
  rule: ConflictRule,
  fields: Record<string, string>,
): FieldMapping[] =>
  Object.entries(fields).map(([target, source]) => ({ table, target, source, rule }));
const labelled = (
  target: string,
  source: string,
  rule: ConflictRule,
  labels: Record<string, string>,
): FieldMapping => ({ table: 'lead', target, source, rule, labels });

/**
 * What fills the fields of Dynamics 365 until a workspace says otherwise. People correct names and
 * addresses there, so that these are asked about when both sides changed them; what the lead engine
 * finds out is ours alone.
 */
export const defaultMapping: readonly FieldMapping[] = [
  ...rows('account', 'ours', {
    name: 'companyOrDomain',
    websiteurl: 'website',
    telephone1: 'phone',
    address1_city: 'city',
    address1_stateorprovince: 'state',
    numberofemployees: 'employees',
  }),
  ...rows('contact', 'ours', {
    firstname: 'firstName',
    lastname: 'lastName',
    emailaddress1: 'email',
    telephone1: 'phone',
  }),
  // Ours may be no more than the domain: nothing to ask a person about.
  ...rows('lead', 'newest', { subject: 'topic', websiteurl: 'website' }),
  ...rows('lead', 'ask', {
    firstname: 'firstName',
    lastname: 'lastName',
    companyname: 'company',
    emailaddress1: 'email',
    telephone1: 'phone',
    address1_city: 'city',
    address1_stateorprovince: 'state',
    estimatedamount: 'dealValue',
  }),
  // Labels that every environment has; the seeds ask for the lead source to follow the segment.
  labelled('leadsourcecode', 'segment', 'newest', {
    Migration: 'Partner',
    Existing: 'Partner',
    Cold: 'Advertisement',
    Skip: 'Other',
  }),
  ...rows('lead', 'ours', {
    hnt_finalscore: 'score',
    hnt_priorityscore: 'priority',
    hnt_segment: 'segment',
    hnt_provider: 'mailProvider',
    hnt_infrasummary: 'infrastructure',
    hnt_m365fitscore: 'm365Fit',
    hnt_source: 'origin',
    hnt_processingstatus: 'processing',
    hnt_referralid: 'referralId',
    hnt_prioritycategory: 'priorityCategory',
    hnt_prioritylabel: 'priorityLabel',
    hnt_technicalheat: 'technicalHeat',
    hnt_commercialsegment: 'commercialSegment',
    hnt_commercialheat: 'commercialHeat',
    hnt_ispartnercenterreferral: 'isReferral',
    hnt_domain: 'domain',
    hnt_azuretenantid: 'azureTenantId',
    hnt_spfstatus: 'spf',
    hnt_dkimstatus: 'dkim',
    hnt_dmarcstatus: 'dmarc',
    hnt_lastscoredon: 'scoredAt',
    hnt_leadid: 'leadId',
  }),
  labelled('hnt_huntertenantsize', 'tenantSize', 'ours', {
    small: 'Small',
    medium: 'Medium',
    large: 'Large',
  }),
  labelled('hnt_referraltype', 'referralType', 'ours', {
    'co-sell': 'Co-sell',
    marketplace: 'Marketplace',
    'solution-provider': 'Solution Provider',
  }),
  ...rows('opportunity', 'newest', {
    name: 'topic',
    estimatedvalue: 'dealValue',
    salesstage: 'opportunityStage',
  }),
];
