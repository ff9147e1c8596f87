import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import type { StepData } from '../../../conversion/transformations/kit/steps.ts';
import type { Interpretation } from '../../contract/source.ts';
import { readOurId } from '../../kit/destination.ts';
import { line, lineOr, prose } from '../../kit/mapping.ts';
import { amount, amountPaths, labelPath, parseRow, readPersonName, times } from './values.ts';

/** `statecode` of a qualified lead, the same in every environment. */
const QUALIFIED = 1;
/** The column that holds our own id of a lead that we pushed. */
const OUR_ID = 'hnt_leadid';

export function interpretLead(item: unknown): Interpretation<'lead'> {
  const row = parseRow(item, 'leadid');
  return {
    keys: { externalId: row.id, mirrorOf: readOurId(row, OUR_ID) },
    facts: { fullName: readPersonName(row) },
  };
}

/** The status and source of a lead are the customer's own labels. */
export const leadMapping = (): MappingSchema => [
  lineOr('name', ['fullname', '@fullName', 'companyname', 'emailaddress1'], 'Unnamed lead'),
  line('firstName', 'firstname'),
  line('lastName', 'lastname'),
  line('company', 'companyname'),
  line('email', 'emailaddress1'),
  line('website', 'websiteurl'),
  line('phone', ['telephone1', 'mobilephone']),
  line('city', 'address1_city'),
  line('state', 'address1_stateorprovince'),
  line('source', labelPath('leadsourcecode')),
  lineOr('status', [labelPath('statuscode'), labelPath('statecode')], 'New Lead'),
  qualified,
  amount('dealValue', amountPaths('estimatedamount')),
  line('assignedTo', labelPath('_ownerid_value')),
  prose('summary', 'description'),
  ...times,
];

const give = (value: boolean): StepData => ({ fn: 'constant', args: { value } });

const qualified: FieldSchema = {
  target: 'qualified',
  sources: ['statecode'],
  steps: [
    {
      fn: 'conditional',
      args: { is: 'equals', value: QUALIFIED, whenTrue: [give(true)], whenFalse: [give(false)] },
    },
  ],
  fallback: false,
};
