import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { line, lineOr } from '../../kit/mapping.ts';
import { readItem } from '../item.ts';
import { readPersonName, readText, contactTimes } from './values.ts';

/** A contact belongs to its primary company. */
export function interpretContact(item: unknown): Interpretation<'contact'> {
  const { id, properties, about } = readItem(item);
  return {
    keys: {
      externalId: id,
      companyId: about.links?.companies?.[0] ?? readText(properties, 'associatedcompanyid'),
    },
    facts: { fullName: readPersonName(properties) },
  };
}

export const contactMapping = (): MappingSchema => [
  lineOr('name', ['@fullName', 'properties.email'], 'Unnamed contact'),
  line('email', 'properties.email'),
  line('phone', ['properties.phone', 'properties.mobilephone']),
  line('jobTitle', 'properties.jobtitle'),
  ...contactTimes,
];
