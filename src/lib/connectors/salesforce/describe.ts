import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody } from '../kit/json.ts';
import { fitNames } from '../kit/paths.ts';
import { buildUrl, send, type Access } from './request.ts';

/** An object of Salesforce, and which part of it is read. */
export interface SalesforceObject {
  /** As in queries and addresses, such as Lead. */
  name: string;
  /** Fields, fields of parents (`Owner.Name`) and lists of children in parentheses. */
  fields: readonly string[];
  /** A condition that each row meets. */
  condition?: string;
  /** Whether a row is kept; absent means that every row is. */
  keeps?: (row: object) => boolean;
}

/** What of an object this user may read. */
export interface Readable {
  select: readonly string[];
  /** Whether rows have a time of change. */
  isTimed: boolean;
  /** Whether deleted rows can be asked for: rows tell it, and the feed of deletions has them. */
  tellsDeletions: boolean;
  hasFeed: boolean;
}

/** When Salesforce or a person last changed a row: the field that changes are followed by. */
export const TIME_FIELD = 'SystemModstamp';
export const DELETED_FIELD = 'IsDeleted';

const describeSchema = z.looseObject({
  replicateable: z.boolean().nullish(),
  fields: z.array(z.unknown()),
});

/**
 * Requests the description of an object. It lists only what this user may see, and a query that
 * names anything else is refused. Of the fields that a mapping adds those are left out that cannot
 * be seen. Source:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-describe.md
 */
export async function describeObject(
  access: Access,
  object: SalesforceObject,
  extra: readonly string[],
): Promise<Readable> {
  const { fields, replicateable } = await requestFields(access, object.name);
  const names = new Set(fields.map(({ name }) => name));
  const relations = new Set(fields.flatMap(({ relationshipName }) => relationshipName ?? []));
  const isTimed = names.has(TIME_FIELD);
  const tellsDeletions = names.has(DELETED_FIELD);
  const isReadable = (path: string) => {
    const [first = '', ...rest] = path.split('.');
    return path.startsWith('(') || (rest.length === 0 ? names.has(first) : relations.has(first));
  };
  return {
    select: [
      ...object.fields.filter(isReadable),
      ...fitNames(await selectExtra(access, fields, extra)),
    ],
    isTimed,
    tellsDeletions,
    hasFeed: tellsDeletions && replicateable === true,
  };
}

/**
 * Which of the fields can be read, also of parents. Where a parent may be of several objects, such
 * as the owner of a lead, a query reaches only a few fields that all of those share, and no
 * description lists them.
 */
async function selectExtra(
  access: Access,
  fields: readonly Field[],
  extra: readonly string[],
): Promise<string[]> {
  const selected = extra.filter((path) =>
    fields.some((field) => field.name === path && isSimple(field)),
  );
  const inParents = extra.filter((path) => path.includes('.')).map((path) => path.split('.'));
  for (const relation of new Set(inParents.map(([first = '']) => first))) {
    const { referenceTo = [] } = fields.find((field) => field.relationshipName === relation) ?? {};
    const [parent] = referenceTo ?? [];
    if (parent === undefined || referenceTo?.length !== 1) continue;
    const known = await requestParentFields(access, parent);
    const isKnown = (name: string) => known.some((field) => field.name === name && isSimple(field));
    selected.push(
      ...inParents.flatMap(([first, name = '']) =>
        first === relation && isKnown(name) ? [`${relation}.${name}`] : [],
      ),
    );
  }
  return selected;
}

/** None for a parent that the user may not see. */
async function requestParentFields(access: Access, name: string): Promise<Field[]> {
  try {
    return (await requestFields(access, name)).fields;
  } catch (error) {
    if (error instanceof RemoteError && error.kind === 'permission') return [];
    throw error;
  }
}

const fieldSchema = z.looseObject({
  name: z.string(),
  label: z.string().nullish().catch(null),
  nameField: z.boolean().nullish().catch(null),
  type: z.string().nullish().catch(null),
  relationshipName: z.string().nullish().catch(null),
  referenceTo: z.array(z.string()).nullish().catch(null),
});
/** A field as a description lists it. */
export type Field = z.output<typeof fieldSchema>;

/** The fields of an object that this user may see. Throws RemoteError. */
export async function requestFields(access: Access, name: string) {
  const { body } = await requestDescription(access, name);
  const { fields, replicateable } = parseBody(
    describeSchema,
    body,
    'Salesforce returned something that is not the description of an object.',
  );
  return {
    fields: fields.flatMap((field) => fieldSchema.safeParse(field).data ?? []),
    replicateable,
  };
}

/**
 * Whether jobs can list a field as well as queries: they refuse what consists of several fields,
 * such as an address, and files. Source: the limitations of queries in
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
 */
export const isSimple = ({ type }: Pick<Field, 'type'>): boolean =>
  !['address', 'location', 'complexvalue', 'base64'].includes(type ?? '');

/** Throws RemoteError `permission` when the user may not see the object. */
export async function requestDescription(access: Access, name: string) {
  try {
    return await send(access, { url: buildUrl(access.settings, `sobjects/${name}/describe`) });
  } catch (error) {
    // An object that a user may not see is answered as one that does not exist.
    const isHidden = error instanceof RemoteError && error.kind === 'gone';
    if (!isHidden) throw error;
    throw new RemoteError(
      'permission',
      `Salesforce does not show the object ${name} to the user of this connection. Give the user ` +
        'read access to it.',
      { ...(error.status !== undefined && { status: error.status }), cause: error },
    );
  }
}
