import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { count, line, lineOr } from '../../kit/mapping.ts';
import type { SalesforceSettings } from '../settings.ts';
import { amount, parseRow, times } from './values.ts';

export const interpretAccount = (item: unknown): Interpretation<'company'> => ({
  keys: { externalId: parseRow(item).id },
});

/** Only accounts that are persons have an e-mail address. */
export const accountMapping = ({
  currency,
}: Pick<ItemContext<SalesforceSettings>, 'currency'>): MappingSchema => [
  lineOr('name', 'Name', 'Unnamed company'),
  line('website', 'Website'),
  line('email', 'PersonEmail'),
  line('phone', 'Phone'),
  line('industry', 'Industry'),
  count('employees', 'NumberOfEmployees'),
  amount('revenue', 'AnnualRevenue', currency),
  line('city', 'BillingCity'),
  line('country', 'BillingCountry'),
  ...times,
];
