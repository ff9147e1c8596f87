import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { count, line, lineOr } from '../../kit/mapping.ts';
import { amount, amountPaths, labelPath, parseRow, times } from './values.ts';

export const interpretAccount = (item: unknown): Interpretation<'company'> => ({
  keys: { externalId: parseRow(item, 'accountid').id },
});

export const accountMapping = (): MappingSchema => [
  lineOr('name', 'name', 'Unnamed company'),
  line('website', 'websiteurl'),
  line('email', 'emailaddress1'),
  line('phone', 'telephone1'),
  line('industry', labelPath('industrycode')),
  count('employees', 'numberofemployees'),
  amount('revenue', amountPaths('revenue')),
  line('city', 'address1_city'),
  line('country', 'address1_country'),
  ...times,
];
