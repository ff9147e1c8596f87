import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { notFound } from './errors.ts';
import { isFilterable, type Field, type SObject } from './objects.ts';
import type { Org } from './org.ts';
import { INDUSTRIES, SOURCES } from './sample-values.ts';
import { DEFAULT_LENGTH, describeRights } from './rights.ts';

/** GET sobjects: what there is for this user. */
export function describeGlobal(org: Org): Reply {
  return json({
    encoding: 'UTF-8',
    maxBatchSize: 200,
    sobjects: [
      ...org.catalogue.objects().map(({ name }) => describeObject(name)),
      // A custom setting is an object of the customer's, too, and holds no records of people.
      { ...describeObject('Tributary_Defaults__c'), customSetting: true },
      { ...describeObject('Region__mdt'), queryable: true },
    ],
  });
}

function describeObject(name: string): Record<string, unknown> {
  const label = name.replace(/__\w+$/, '').replaceAll('_', ' ');
  return {
    name,
    label: label.charAt(0) + label.slice(1).toLowerCase(),
    labelPlural: `${label}s`,
    custom: name.includes('__'),
    customSetting: false,
    deprecatedAndHidden: false,
    queryable: true,
    retrieveable: true,
    replicateable: true,
  };
}

/** GET sobjects/{object}/describe: an object that the user may not see is none. */
export function describe(org: Org, request: SandboxRequest): Reply {
  const object = findObject(org, request.params.object ?? '');
  const fields = org.catalogue.describedFields(object);
  return json({
    name: object.name,
    label: object.name,
    queryable: true,
    retrieveable: true,
    replicateable:
      fields.some(({ name }) => name === 'IsDeleted') &&
      org.spec.unreplicated?.includes(object.name) !== true,
    fields: fields.map((field) => describeField(object, field)),
    childRelationships: Object.entries(object.children ?? {}).map(([name, child]) => ({
      relationshipName: name,
      childSObject: child.object,
      field: child.field,
    })),
  });
}

function findObject(org: Org, name: string) {
  try {
    return org.catalogue.object(name);
  } catch {
    throw notFound();
  }
}

const describeField = (object: SObject, field: Field) => ({
  name: field.name,
  label: field.label ?? field.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '),
  type: DESCRIBED_TYPES[field.name] ?? field.type,
  ...describeRights(object, field),
  nameField: field.name === 'Name',
  externalId: field.unique === true,
  unique: field.unique === true,
  length: field.type === 'string' ? (field.length ?? DEFAULT_LENGTH) : 0,
  precision: field.type === 'double' ? 18 : 0,
  scale: 0,
  digits: 0,
  filterable: isFilterable(field),
  sortable: isFilterable(field),
  relationshipName: field.relationship ?? null,
  referenceTo: field.to ?? [],
  picklistValues: (PICKLISTS[field.name] ?? []).map((value) => ({
    value,
    label: value,
    active: true,
    defaultValue: false,
    validFor: null,
  })),
});

/** Text of a special kind. */
const DESCRIBED_TYPES: Record<string, string> = { Email: 'email', Phone: 'phone', Website: 'url' };
const PICKLISTS: Record<string, readonly string[]> = {
  LeadSource: SOURCES,
  Industry: INDUSTRIES,
  Rating: ['Hot', 'Warm', 'Cold'],
  Status: ['Open - Not Contacted', 'Working - Contacted', 'Closed - Not Converted'],
};
