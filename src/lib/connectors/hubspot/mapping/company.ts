import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { firstOf, line, lineOr } from '../../kit/mapping.ts';
import { readItem } from '../item.ts';
import { amount, label, times } from './values.ts';

export const interpretCompany = (item: unknown): Interpretation<'company'> => ({
  keys: { externalId: readItem(item).id },
});

/** The most employees that a record accepts; fewer than none are unknown. */
const maxCount = 10_000_000;

export const companyMapping = (): MappingSchema => [
  lineOr('name', ['properties.name', 'properties.domain'], 'Unnamed company'),
  line('website', ['properties.website', 'properties.domain']),
  line('phone', 'properties.phone'),
  label('industry', 'industry'),
  firstOf('employees', 'properties.numberofemployees', [
    { fn: 'number-parse' },
    { fn: 'round' },
    { fn: 'clamp', args: { max: maxCount } },
  ]),
  amount('revenue', 'properties.annualrevenue'),
  line('city', 'properties.city'),
  line('country', 'properties.country'),
  ...times,
];
