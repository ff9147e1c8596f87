import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { notFound } from './errors.ts';
import { isFilterable, type Field } from './objects.ts';
import type { Org } from './org.ts';

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
    fields: fields.map(describeField),
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

const describeField = (field: Field) => ({
  name: field.name,
  label: field.name,
  type: field.type,
  filterable: isFilterable(field),
  sortable: isFilterable(field),
  nillable: field.type !== 'boolean',
  relationshipName: field.relationship ?? null,
  referenceTo: field.to ?? [],
  picklistValues: [],
});
