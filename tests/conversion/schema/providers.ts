import { mappingShape } from '#lib/conversion/schema/shape.ts';
import type { StepData } from '#lib/conversion/transformations/kit/steps.ts';

/*
 * Mappings that providers hold as code today, as schemas. The tests compare what both make of the
 * same items.
 */

const line: StepData = { fn: 'trim', args: { way: 'line' } };
const write: StepData = { fn: 'text' };
const constant = (value: unknown): StepData => ({ fn: 'constant', args: { value } });
const lookup = (entries: Record<string, unknown>, args: object = {}): StepData => ({
  fn: 'lookup',
  args: { table: Object.entries(entries).map(([from, to]) => ({ from, to })), ...args },
});
/** A field that is null where its value is of no use. */
const soft = (target: string, sources: string | string[], ...steps: StepData[]) => ({
  target,
  sources: [sources].flat(),
  steps,
  fallback: null,
});
const firstOf = (target: string, sources: string[], last?: string) =>
  soft(
    target,
    sources,
    { fn: 'map', args: { steps: [line] } },
    { fn: 'coalesce' },
    ...(last === undefined ? [] : [{ fn: 'default', args: { value: last } }]),
  );
const label = (column: string) => `["${column}@OData.Community.Display.V1.FormattedValue"]`;

/** src/lib/connectors/dynamics-365/mapping/lead.ts */
export const dynamicsLead = mappingShape.parse([
  soft('externalId', 'leadid'),
  soft('sourceCreatedAt', 'createdon', { fn: 'date-parse' }),
  soft('sourceUpdatedAt', 'modifiedon', { fn: 'date-parse' }),
  firstOf('name', ['fullname', 'companyname', 'emailaddress1'], 'Unnamed lead'),
  soft('firstName', 'firstname', line),
  soft('lastName', 'lastname', line),
  soft('company', 'companyname', line),
  soft('email', 'emailaddress1', line),
  soft('website', 'websiteurl', line),
  firstOf('phone', ['telephone1', 'mobilephone']),
  soft('city', 'address1_city', line),
  soft('state', 'address1_stateorprovince', line),
  soft('source', label('leadsourcecode'), line),
  firstOf('status', [label('statuscode'), label('statecode')], 'New Lead'),
  soft('qualified', 'statecode', {
    fn: 'conditional',
    args: { is: 'equals', value: 1, whenTrue: [constant(true)], whenFalse: [constant(false)] },
  }),
  soft(
    'dealValue',
    ['estimatedamount_base', 'estimatedamount'],
    { fn: 'coalesce' },
    { fn: 'money' },
  ),
  soft('assignedTo', label('_ownerid_value'), line),
  soft('summary', 'description', { fn: 'html-text' }),
  soft(
    'mirrorOf',
    'hnt_leadid',
    line,
    { fn: 'case', args: { to: 'lower' } },
    { fn: 'regex-extract', args: { pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' } },
  ),
]);

const documented = [
  'None',
  'New',
  'Active',
  'Closed',
  'Incoming',
  'Outgoing',
  'Pending',
  'Received',
  'Accepted',
  'Won',
  'Lost',
  'Declined',
  'Expired',
];
const documentedCase = lookup(Object.fromEntries(documented.map((one) => [one, one])), {
  ignoreCase: true,
});
const when = (path: string, values: unknown[], yes: StepData[], no: StepData[]): StepData => ({
  fn: 'conditional',
  args: { path, is: 'one-of', value: values, whenTrue: yes, whenFalse: no },
});
const small: StepData = {
  fn: 'map',
  args: { steps: [line, { fn: 'case', args: { to: 'lower' } }] },
};

/** src/lib/connectors/partner-center/mapping.ts */
export const referral = mappingShape.parse([
  soft('externalId', 'id', write, line),
  soft('sourceCreatedAt', 'createdDateTime', { fn: 'date-parse' }),
  soft('sourceUpdatedAt', 'updatedDateTime', { fn: 'date-parse' }),
  soft('engagementId', 'engagementId', write, line),
  soft(
    'referralType',
    ['type', 'qualification', 'inviteContext.invitedBy.organizationId'],
    small,
    when(
      '[0]',
      ['shared'],
      [constant('co-sell')],
      [
        when(
          '[2]',
          [null, 'msft'],
          [when('[1]', ['direct'], [constant('marketplace')], [constant('solution-provider')])],
          [
            when(
              '[1]',
              [null, 'salesqualified', 'none'],
              [constant('co-sell')],
              [constant('solution-provider')],
            ),
          ],
        ),
      ],
    ),
  ),
  firstOf('name', ['name', 'customerProfile.name'], 'Unnamed referral'),
  soft('companyName', 'customerProfile.name', write, line),
  soft('domain', ['customerProfile.website', 'customerProfile.team[*].email'], {
    fn: 'domain',
    args: { ownOnly: true },
  }),
  firstOf('azureTenantId', ['customerProfile.ids.azureTenantId', 'customerProfile.tenantId']),
  soft(
    'employees',
    'customerProfile.size',
    line,
    {
      fn: 'regex-extract',
      args: {
        pattern: '^(?:more ?than ?)?(\\d{1,6})(?: ?to ?\\d{1,6})? ?employees$',
        group: 1,
        ignoreCase: true,
      },
    },
    { fn: 'number-parse' },
  ),
  soft('status', 'status', write, line, documentedCase, { fn: 'default', args: { value: 'None' } }),
  soft('substatus', 'substatus', write, line, documentedCase),
  soft('direction', 'direction', write, line, documentedCase),
  soft('dealValue', ['details.dealValue', 'details.currency'], { fn: 'money' }),
  soft('currency', 'details.currency', line),
]);

/**
 * Values that src/lib/mappings/derived-values.ts computes of a lead's row for Dynamics 365, by the
 * key of the catalogue.
 */
export const derivedValues = mappingShape.parse([
  soft('technicalHeat', 'score', {
    fn: 'bands',
    args: {
      bands: [
        { from: 40, to: 'Warm' },
        { from: 70, to: 'Hot' },
      ],
      below: 'Cold',
    },
  }),
  soft('opportunityStage', 'score', {
    fn: 'bands',
    args: {
      bands: [
        { from: 55, to: 'Qualify' },
        { from: 70, to: 'Develop' },
        { from: 85, to: 'Propose' },
      ],
    },
  }),
  soft('commercialHeat', 'priority', {
    fn: 'bands',
    args: {
      bands: [
        { from: 3, to: 'Medium' },
        { from: 5, to: 'Low' },
      ],
      below: 'High',
    },
  }),
  soft('priorityCategory', 'priority', { fn: 'template', args: { text: 'P{1}' } }),
  soft('website', ['website', 'domain'], {
    fn: 'conditional',
    args: {
      path: '[0]',
      is: 'equals',
      value: null,
      whenTrue: [{ fn: 'last' }, write, { fn: 'affix', args: { before: 'https://' } }],
      whenFalse: [{ fn: 'first' }],
    },
  }),
  soft('companyOrDomain', ['company', 'domain'], { fn: 'coalesce' }),
  soft('commercialSegment', ['segment', 'mailProvider', 'score'], {
    fn: 'conditional',
    args: {
      path: '[0]',
      is: 'one-of',
      value: ['Migration', 'Existing'],
      whenTrue: [
        when(
          '[0]',
          ['Migration'],
          [when('[1]', [null, 'self_hosted'], [constant('GREENFIELD')], [constant('COMPETITIVE')])],
          [
            {
              fn: 'conditional',
              args: {
                path: '[2]',
                is: 'at-least',
                value: 60,
                whenTrue: [constant('RENEWAL')],
                whenFalse: [constant('WEAK_PARTNER')],
              },
            },
          ],
        ),
      ],
      whenFalse: [when('[0]', ['Cold', 'Skip'], [constant('LOW_INTENT')], [constant(null)])],
    },
  }),
]);
