import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import { parseCompanyDomain } from '../../../records/company-domain.ts';
import type { Interpretation } from '../../contract/source.ts';
import { fact, firstOf, instant, line, lineOr, oneLine, orElse } from '../../kit/mapping.ts';
import { DOCUMENTED, readAzureTenantId, readReferral, readWebsite } from '../item.ts';
import { classifyReferral } from '../referral-type.ts';

/**
 * Facts of a referral: its `referralType` by Microsoft's rules, the company's `domain` or the
 * `domainReason` why there is none, and the `azureTenantId`, whose name and place are unconfirmed.
 */
export function interpretReferral(item: unknown): Interpretation<'referral'> {
  const { customerProfile: customer, inviteContext, ...own } = readReferral(item);
  const emails = customer.team.flatMap(({ email }) => email ?? []);
  const { domain, reason } = parseCompanyDomain(readWebsite(customer), emails);
  return {
    keys: { externalId: own.id },
    facts: {
      referralType: classifyReferral({ ...own, invitedBy: inviteContext.invitedBy.organizationId }),
      domain,
      domainReason: reason,
      azureTenantId: readAzureTenantId(customer),
    },
  };
}

/** A referral of Partner Center. */
export const referralMapping = (): MappingSchema => [
  instant('sourceCreatedAt', 'createdDateTime'),
  instant('sourceUpdatedAt', 'updatedDateTime'),
  line('engagementId', 'engagementId'),
  fact('referralType', 'referralType'),
  lineOr('name', ['name', 'customerProfile.name'], 'Unnamed referral'),
  line('companyName', 'customerProfile.name'),
  fact('domain', 'domain'),
  fact('domainReason', 'domainReason'),
  fact('azureTenantId', 'azureTenantId'),
  employees,
  orElse(state('status'), 'None'),
  state('substatus'),
  state('direction'),
  {
    target: 'dealValue',
    sources: ['details.dealValue', 'details.currency'],
    steps: [{ fn: 'money' }],
    fallback: null,
  },
  line('currency', 'details.currency'),
];

/** The smallest number of people in a size class: 51to250employees, Morethan20000employees. */
const employees = firstOf('employees', 'customerProfile.size', [
  ...oneLine,
  {
    fn: 'regex-extract',
    args: {
      pattern: '^(?:more ?than ?)?(\\d{1,6})(?: ?to ?\\d{1,6})? ?employees$',
      ignoreCase: true,
      group: 1,
    },
  },
  { fn: 'number-parse' },
]);

/** In the documented case, because states are compared; what is not documented stays as it is. */
const state = (name: 'status' | 'substatus' | 'direction'): FieldSchema =>
  firstOf(name, name, [
    ...oneLine,
    {
      fn: 'lookup',
      args: { table: DOCUMENTED.map((value) => ({ from: value, to: value })), ignoreCase: true },
    },
  ]);
