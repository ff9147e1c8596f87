import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody, tryParseJson } from '../kit/json.ts';
import { buildUrl, send, type Access } from './request.ts';
import { ANY_ORG } from './settings.ts';

/** The list of resources. `identity` is absent when the application lacks the scope for it. */
const resourcesSchema = z.looseObject({ sobjects: z.string(), identity: z.string().optional() });

/** Requests the list of resources, the cheapest request that needs a token. Throws RemoteError. */
export async function fetchResources(access: Access): Promise<z.output<typeof resourcesSchema>> {
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

const organizationSchema = z.looseObject({
  records: z.array(z.looseObject({ Name: z.string().trim().min(1) })).min(1),
});

/**
 * The name of the organisation, which every user may read, else its id; null when Salesforce tells
 * neither.
 */
export async function whoAmI(access: Access): Promise<string | null> {
  const { identity } = await fetchResources(access);
  const name = await fetchOrganizationName(access);
  const id = /\/id\/([a-zA-Z0-9]{15,18})\//.exec(identity ?? '')?.[1];
  if (name === null) return id === undefined ? null : `organisation ${id}`;
  return id === undefined ? name : `${name} (organisation ${id})`;
}

async function fetchOrganizationName(access: Access): Promise<string | null> {
  try {
    const { body } = await send(access, {
      url: buildUrl(access.settings, 'query'),
      query: { q: 'SELECT Name FROM Organization' },
    });
    return organizationSchema.safeParse(tryParseJson(body)).data?.records[0]?.Name ?? null;
  } catch (error) {
    const isRefusal =
      error instanceof RemoteError && ['permission', 'gone', 'malformed'].includes(error.kind);
    if (isRefusal) return null;
    throw error;
  }
}
