import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { readOurId } from '../../kit/destination.ts';
import { fact, line, lineOr, prose } from '../../kit/mapping.ts';
import { readItem } from '../item.ts';
import { leads } from '../objects.ts';
import { OUR_KEY } from '../our-key.ts';
import type { HubSpotSettings } from '../settings.ts';
import { contactTimes, label, labelPaths, readPersonName, readText, times } from './values.ts';

/** A contact that is a lead. */
export function interpretContactLead(item: unknown): Interpretation<'lead'> {
  const { id, properties } = readItem(item);
  return {
    keys: { externalId: id, mirrorOf: readOurId(properties, OUR_KEY) },
    facts: { fullName: readPersonName(properties) },
  };
}

/** The status of such a lead is the lead status, else the lifecycle stage. */
export const contactLeadMapping = ({
  settings: { qualifiedStages },
}: Pick<ItemContext<HubSpotSettings>, 'settings'>): MappingSchema => [
  lineOr('name', ['@fullName', ...companyPaths, 'properties.email'], 'Unnamed lead'),
  line('firstName', 'properties.firstname'),
  line('lastName', 'properties.lastname'),
  line('company', companyPaths),
  line('email', 'properties.email'),
  line('website', ['properties.website', 'about.related.companies.domain']),
  line('phone', ['properties.phone', 'properties.mobilephone']),
  line('city', 'properties.city'),
  line('state', 'properties.state'),
  label('source', 'hs_analytics_source'),
  lineOr('status', [...labelPaths('hs_lead_status'), ...labelPaths('lifecyclestage')], newLead),
  {
    target: 'qualified',
    sources: ['properties.lifecyclestage'],
    steps: [
      {
        fn: 'conditional',
        args: {
          is: 'one-of',
          value: qualifiedStages,
          whenTrue: [{ fn: 'constant', args: { value: true } }],
          whenFalse: [{ fn: 'constant', args: { value: false } }],
        },
      },
    ],
  },
  line('assignedTo', 'about.owner'),
  prose('summary', 'properties.message'),
  ...contactTimes,
];

const newLead = 'New Lead';
const companyPaths = ['about.related.companies.name', 'properties.company'];

/**
 * The stage of a new account at which a lead is qualified, and how accounts name such stages.
 * Unconfirmed: no documentation says what marks one in an account that has changed its stages.
 */
const QUALIFIED_STAGE = 'qualified-stage-id';
const QUALIFIED_NAME = /(^|\W)qualified$/i;

/** An object of the type lead. */
export function interpretLead(item: unknown): Interpretation<'lead'> {
  const { id, properties, about } = readItem(item);
  const person = about.related?.contacts ?? {
    firstname: properties['hs_associated_contact_firstname'] ?? '',
    lastname: properties['hs_associated_contact_lastname'] ?? '',
  };
  const stage = properties['hs_pipeline_stage'] ?? '';
  const status = about.stage?.name ?? readText(properties, 'hs_pipeline_stage') ?? '';
  return {
    keys: { externalId: `${leads.prefix}${id}` },
    facts: {
      fullName: readPersonName(person),
      qualified: stage === QUALIFIED_STAGE || QUALIFIED_NAME.test(status),
    },
  };
}

/** What is known of such a lead, and of the person that it is about. */
export const leadMapping = (): MappingSchema => [
  lineOr(
    'name',
    ['properties.hs_lead_name', '@fullName', ...relatedCompanyPaths, ...emailPaths],
    'Unnamed lead',
  ),
  line('firstName', [
    'about.related.contacts.firstname',
    'properties.hs_associated_contact_firstname',
  ]),
  line('lastName', [
    'about.related.contacts.lastname',
    'properties.hs_associated_contact_lastname',
  ]),
  line('company', [...relatedCompanyPaths, 'properties.hs_associated_company_name']),
  line('email', emailPaths),
  line('website', ['about.related.contacts.website', 'about.related.companies.domain']),
  line('phone', ['about.related.contacts.phone', 'about.related.contacts.mobilephone']),
  line('city', 'about.related.contacts.city'),
  line('state', 'about.related.contacts.state'),
  line('source', [...labelPaths('hs_lead_source'), 'about.related.contacts.hs_analytics_source']),
  lineOr('status', ['about.stage.name', 'properties.hs_pipeline_stage'], newLead),
  fact('qualified', 'qualified'),
  line('assignedTo', 'about.owner'),
  ...times,
];

const relatedCompanyPaths = ['about.related.companies.name', 'about.related.contacts.company'];
const emailPaths = ['about.related.contacts.email', 'properties.hs_associated_contact_email'];
