import type { FieldMapping } from '../../contract/destination.ts';
import { mapFields, mapLabels } from '../../kit/destination.ts';

/**
 * The field mapping that applies until a workspace changes it. People correct names and addresses
 * in Dynamics 365, so when both sides changed such a field, a person decides. What the lead engine
 * finds out always comes from us.
 */
export const defaultMapping: readonly FieldMapping[] = [
  ...mapFields('company', 'ours', {
    name: 'companyOrDomain',
    websiteurl: 'website',
    telephone1: 'phone',
    address1_city: 'city',
    address1_stateorprovince: 'state',
    numberofemployees: 'employees',
  }),
  ...mapFields('contact', 'ours', {
    firstname: 'firstName',
    lastname: 'lastName',
    emailaddress1: 'email',
    telephone1: 'phone',
  }),
  // Our value may be just the domain, which is not worth a decision by a person.
  ...mapFields('lead', 'newest', { subject: 'topic', websiteurl: 'website' }),
  ...mapFields('lead', 'ask', {
    firstname: 'firstName',
    lastname: 'lastName',
    companyname: 'company',
    emailaddress1: 'email',
    telephone1: 'phone',
    address1_city: 'city',
    address1_stateorprovince: 'state',
    estimatedamount: 'dealValue',
  }),
  // The lead source follows the segment; every environment has these labels.
  mapLabels('lead', 'newest', 'leadsourcecode', 'segment', {
    Migration: 'Partner',
    Existing: 'Partner',
    Cold: 'Advertisement',
    Skip: 'Other',
  }),
  ...mapFields('lead', 'ours', {
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
  mapLabels('lead', 'ours', 'hnt_huntertenantsize', 'tenantSize', {
    small: 'Small',
    medium: 'Medium',
    large: 'Large',
  }),
  mapLabels('lead', 'ours', 'hnt_referraltype', 'referralType', {
    'co-sell': 'Co-sell',
    marketplace: 'Marketplace',
    'solution-provider': 'Solution Provider',
  }),
  ...mapFields('deal', 'newest', {
    name: 'topic',
    estimatedvalue: 'dealValue',
    salesstage: 'opportunityStage',
  }),
];
