import { z } from 'zod';
import { RemoteError } from '../../../platform/http/errors.ts';
import { getOwn } from '../../../platform/own.ts';
import type { TargetField, TargetMetadata } from '../../contract/destination.ts';
import { parseBody } from '../../kit/json.ts';
import { requestDescription } from '../describe.ts';
import { OUR_KEY } from '../our-key.ts';
import type { Access } from '../request.ts';

/** The object that leads are written to. */
export const OBJECT = 'Lead';

const fieldSchema = z.looseObject({
  name: z.string(),
  label: z.string().nullish(),
  type: z.string().nullish(),
  createable: z.boolean().nullish(),
  updateable: z.boolean().nullish(),
  nillable: z.boolean().nullish(),
  defaultedOnCreate: z.boolean().nullish(),
  externalId: z.boolean().nullish(),
  unique: z.boolean().nullish(),
  length: z.number().nullish(),
  precision: z.number().nullish(),
  scale: z.number().nullish(),
  digits: z.number().nullish(),
  picklistValues: z.array(z.unknown()).nullish(),
});
type Field = z.output<typeof fieldSchema>;

const descriptionSchema = z.looseObject({ fields: z.array(z.unknown()) });

const optionSchema = z.looseObject({
  value: z.string(),
  label: z.string().nullish(),
  active: z.boolean().nullish(),
});

/** Source: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/field_types.htm */
const TYPES: Record<string, TargetField['type']> = {
  string: 'text',
  email: 'text',
  phone: 'text',
  url: 'text',
  combobox: 'text',
  encryptedstring: 'text',
  textarea: 'memo',
  int: 'integer',
  long: 'integer',
  double: 'decimal',
  percent: 'decimal',
  currency: 'money',
  boolean: 'boolean',
  datetime: 'datetime',
  date: 'date',
  picklist: 'option',
  reference: 'lookup',
};

const NO_KEY =
  `The object Lead in Salesforce has no field ${OUR_KEY} that this user may write. Create it there ` +
  'as text of 36 characters, mark it as an external id and as unique, and give the user of this ' +
  'connection edit access to it. Without it a lead could be created twice.';

/** Requests the fields of leads, as the user of the connection may write them. */
export async function describe(access: Access): Promise<TargetMetadata> {
  const { body } = await requestDescription(access, OBJECT);
  const described = parseBody(
    descriptionSchema,
    body,
    'Salesforce returned something that is not the description of an object.',
  );
  const fields = described.fields.flatMap((field) => fieldSchema.safeParse(field).data ?? []);
  if (!fields.some(isOurKey)) throw new RemoteError('permission', NO_KEY);
  const targets = fields.filter(({ name }) => name !== OUR_KEY).map(toTargetField);
  return { objects: { lead: { label: 'lead', fields: targets, keys: [[OUR_KEY]] } } };
}

const isOurKey = ({ name, externalId, unique, createable }: Field): boolean =>
  name === OUR_KEY && externalId === true && unique === true && createable === true;

function toTargetField(field: Field): TargetField {
  const { name, label, createable, updateable, length } = field;
  const type = getOwn(TYPES, field.type ?? '') ?? 'other';
  const limit = findLimit(field, type);
  return {
    name,
    label: label?.trim() || name,
    type,
    required: isRequired(field),
    creatable: createable === true,
    updatable: updateable === true,
    maxLength: (type === 'text' || type === 'memo') && (length ?? 0) > 0 ? (length ?? null) : null,
    min: limit === null ? null : -limit,
    max: limit,
    options: type === 'option' ? readOptions(field) : null,
  };
}

/** Flags are never empty, and Salesforce fills in what has a default. */
const isRequired = ({ type, createable, nillable, defaultedOnCreate }: Field): boolean =>
  createable === true && nillable === false && defaultedOnCreate !== true && type !== 'boolean';

/** The largest number in the digits before the point; null when the description does not tell. */
function findLimit({ precision, scale, digits }: Field, type: TargetField['type']): number | null {
  const wanted = { integer: digits, decimal: precision, money: precision };
  const whole = (getOwn(wanted, type) ?? 0) - (type === 'integer' ? 0 : (scale ?? 0));
  const SAFE_DIGITS = 15;
  return whole > 0 && whole <= SAFE_DIGITS ? 10 ** whole - 1 : null;
}

function readOptions({ picklistValues }: Field): TargetField['options'] {
  return (picklistValues ?? []).flatMap((given) => {
    const option = optionSchema.safeParse(given).data;
    return option === undefined || option.active === false
      ? []
      : [{ value: option.value, label: option.label?.trim() || option.value }];
  });
}
