import { mappingShape } from '#lib/conversion/schema/shape.ts';
import { labelOf } from './leads.ts';

const line = { fn: 'trim', args: { way: 'line' } };
const field = (target: string, source: string, ...steps: unknown[]) => ({
  target,
  sources: [source],
  steps,
});

/** The 14 fields of a lead, as data. */
export const leadMapping = mappingShape.parse([
  field('externalId', 'leadid', line),
  {
    target: 'name',
    sources: ['fullname', 'companyname', 'emailaddress1'],
    steps: [{ fn: 'coalesce' }, line, { fn: 'default', args: { value: 'Unnamed lead' } }],
  },
  field('firstName', 'firstname', line),
  field('lastName', 'lastname', line),
  field('company', 'companyname', line),
  field('email', 'emailaddress1', line),
  { target: 'phone', sources: ['telephone1', 'mobilephone'], steps: [{ fn: 'coalesce' }, line] },
  field('city', 'address1_city', line),
  field('state', 'address1_stateorprovince', line),
  field('status', `["statuscode${labelOf}"]`, line, { fn: 'default', args: { value: 'New Lead' } }),
  field('qualified', 'statecode', {
    fn: 'lookup',
    args: { table: [0, 1, 2].map((from) => ({ from, to: from === 1 })), otherwise: 'reject' },
  }),
  field('dealValue', 'estimatedamount', { fn: 'money' }),
  field('sourceCreatedAt', 'createdon', { fn: 'date-parse' }),
  field('sourceUpdatedAt', 'modifiedon', { fn: 'date-parse' }),
]);
