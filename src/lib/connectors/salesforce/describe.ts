import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody } from '../kit/json.ts';
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
 * names anything else is refused. Source:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-describe.md
 */
export async function describeObject(access: Access, object: SalesforceObject): Promise<Readable> {
  const { body } = await requestDescription(access, object.name);
  const { fields, replicateable } = parseBody(
    describeSchema,
    body,
    'Salesforce returned something that is not the description of an object.',
  );
  const known = fields.filter(isField);
  const names = new Set(known.map(({ name }) => name));
  const relations = new Set(known.flatMap(({ relationshipName }) => relationshipName ?? []));
  const isTimed = names.has(TIME_FIELD);
  const tellsDeletions = names.has(DELETED_FIELD);
  const isReadable = (path: string) => {
    const [first = '', ...rest] = path.split('.');
    return path.startsWith('(') || (rest.length === 0 ? names.has(first) : relations.has(first));
  };
  return {
    select: object.fields.filter(isReadable),
    isTimed,
    tellsDeletions,
    hasFeed: tellsDeletions && replicateable === true,
  };
}

interface Field {
  name: string;
  relationshipName?: string | null | undefined;
}
const isField = (field: unknown): field is Field =>
  typeof field === 'object' && field !== null && typeof Reflect.get(field, 'name') === 'string';

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
