import { z } from 'zod';
import { RemoteError } from '../../../platform/http/errors.ts';
import { getOwn } from '../../../platform/own.ts';
import type { TargetField, TargetMetadata } from '../../contract/destination.ts';
import { parseList } from '../answers.ts';
import { OUR_KEY } from '../our-key.ts';
import { get, paths, type Access } from '../request.ts';

/** The object that leads are written to. */
export const OBJECT = 'contacts';

const optionSchema = z.looseObject({
  label: z.string().nullish(),
  value: z.string(),
  hidden: z.boolean().nullish(),
});
const propertySchema = z.looseObject({
  name: z.string().min(1),
  label: z.string().nullish(),
  type: z.string().nullish(),
  fieldType: z.string().nullish(),
  calculated: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  hasUniqueValue: z.boolean().nullish(),
  modificationMetadata: z
    .looseObject({ readOnlyValue: z.boolean().nullish() })
    .nullish()
    .catch(null),
  options: z.array(z.unknown()).nullish(),
});
type Property = z.output<typeof propertySchema>;

/** Source: https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide */
const TYPES: Record<string, TargetField['type']> = {
  string: 'text',
  phone_number: 'text',
  number: 'decimal',
  bool: 'boolean',
  date: 'date',
  datetime: 'datetime',
  enumeration: 'option',
};
/** Kinds of input whose value is several choices, or more than a line of text. */
const TYPES_BY_INPUT: Record<string, TargetField['type']> = {
  checkbox: 'other',
  textarea: 'memo',
  html: 'memo',
  file: 'other',
};

const NO_KEY =
  `Contacts in HubSpot have no property ${OUR_KEY} whose values are unique. Create it there as ` +
  'single-line text, and switch on "Require unique values for this property" under Rules. Without ' +
  'it a lead could be created twice.';

/** Requests the properties of contacts. */
export async function describe(access: Access): Promise<TargetMetadata> {
  const { body } = await get(access, `${paths.properties}/${OBJECT}`);
  const properties = parseList(body)
    .results.flatMap((each) => propertySchema.safeParse(each).data ?? [])
    .filter(({ archived }) => archived !== true);
  if (!properties.some(({ name, hasUniqueValue }) => name === OUR_KEY && hasUniqueValue === true))
    throw new RemoteError('permission', NO_KEY);
  const fields = properties.filter(({ name }) => name !== OUR_KEY).map(toTargetField);
  return { objects: { lead: { label: 'contact', fields, keys: [[OUR_KEY]] } } };
}

/** HubSpot requires no property of a contact, and does not tell the longest text. */
function toTargetField(property: Property): TargetField {
  const { name, label, calculated, modificationMetadata } = property;
  const type = findType(property);
  const isWritable = calculated !== true && modificationMetadata?.readOnlyValue !== true;
  return {
    name,
    label: label?.trim() || name,
    type,
    required: false,
    creatable: isWritable,
    updatable: isWritable,
    maxLength: null,
    min: null,
    max: null,
    options: type === 'option' ? readOptions(property) : null,
  };
}

const findType = ({ type, fieldType }: Property): TargetField['type'] =>
  getOwn(TYPES_BY_INPUT, fieldType ?? '') ?? getOwn(TYPES, type ?? '') ?? 'other';

function readOptions({ options }: Property): TargetField['options'] {
  return (options ?? []).flatMap((given) => {
    const option = optionSchema.safeParse(given).data;
    return option === undefined || option.hidden === true
      ? []
      : [{ value: option.value, label: option.label?.trim() || option.value }];
  });
}
