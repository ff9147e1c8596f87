import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody, tryParseJson } from '../kit/json.ts';
import { normalizeId } from './ids.ts';
import { buildUrl, send, type Access } from './request.ts';
import { ANY_ORG } from './settings.ts';

/** The list of resources. `identity` is absent when the application lacks the scope for it. */
const resourcesSchema = z.looseObject({ sobjects: z.string(), identity: z.string().optional() });

type Resources = z.output<typeof resourcesSchema>;

/** Requests the list of resources, the cheapest request that needs a token. Throws RemoteError. */
export async function fetchResources(access: Access): Promise<Resources> {
  if (access.settings.baseUrl === ANY_ORG)
    throw new RemoteError(
      'permission',
      'The base URL is only an example. Enter the My Domain of your organisation, such as ' +
        'https://acme.my.salesforce.com.',
    );
  const { body } = await send(access, { url: buildUrl(access.settings, '') });
  return parseBody(
    resourcesSchema,
    body,
    'Salesforce did not return the list of its resources. Check the base URL.',
  );
}

/**
 * The name of the organisation, which every user may read, else its id; null when Salesforce tells
 * neither.
 */
export async function whoAmI(access: Access): Promise<string | null> {
  const id = readOrganizationId(await fetchResources(access));
  const name = await queryOrganization(access, 'Name');
  if (name === null) return id === undefined ? null : `organisation ${id}`;
  return id === undefined ? name : `${name} (organisation ${id})`;
}

/** The id of the organisation, in its form of 18 characters; null when Salesforce does not tell. */
export async function fetchOrganizationId(access: Access): Promise<string | null> {
  const id =
    readOrganizationId(await fetchResources(access)) ?? (await queryOrganization(access, 'Id'));
  return id === null ? null : normalizeId(id);
}

/** The address of the user ends in `/id/<organisation>/<user>`. */
const readOrganizationId = ({ identity = '' }: Resources): string | undefined =>
  /\/id\/([a-zA-Z0-9]{15,18})\//.exec(identity)?.[1];

const answerSchema = z.looseObject({
  records: z.array(z.record(z.string(), z.unknown())).min(1),
});
const textSchema = z.string().trim().min(1);

/** A field of the organisation; null when Salesforce does not give it. */
async function queryOrganization(access: Access, field: 'Id' | 'Name'): Promise<string | null> {
  try {
    const { body } = await send(access, {
      url: buildUrl(access.settings, 'query'),
      query: { q: `SELECT ${field} FROM Organization` },
    });
    const record = answerSchema.safeParse(tryParseJson(body)).data?.records[0];
    return textSchema.safeParse(record?.[field]).data ?? null;
  } catch (error) {
    const isRefusal =
      error instanceof RemoteError && ['permission', 'gone', 'malformed'].includes(error.kind);
    if (isRefusal) return null;
    throw error;
  }
}
