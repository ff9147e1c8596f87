import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody, tryParseJson } from '../kit/json.ts';
import { buildUrl, get, type Access } from './request.ts';
import { ANY_ENVIRONMENT } from './settings.ts';

const whoAmISchema = z.looseObject({ UserId: z.string(), OrganizationId: z.string() });
const userSchema = z.looseObject({ fullname: z.string().trim().min(1) });

/** Requests the identity of the application, the cheapest request there is. Throws RemoteError. */
export async function fetchWhoAmI(access: Access): Promise<z.output<typeof whoAmISchema>> {
  if (access.settings.baseUrl === ANY_ENVIRONMENT)
    throw new RemoteError(
      'permission',
      'The base URL is only an example. Enter the address of your environment, such as ' +
        'https://contoso.crm4.dynamics.com.',
    );
  const { body } = await get(access, buildUrl(access.settings, 'WhoAmI'));
  return parseBody(
    whoAmISchema,
    body,
    'Dynamics 365 did not return the identity of the application. Check the base URL.',
  );
}

/**
 * The name of the application user and its organisation. If its security role may not read users,
 * the id stands in for the name.
 */
export async function whoAmI(access: Access): Promise<string> {
  const { UserId: userId, OrganizationId: organisation } = await fetchWhoAmI(access);
  const name = await fetchUserName(access, userId);
  return `${name ?? `user ${userId}`} (organisation ${organisation})`;
}

async function fetchUserName(access: Access, userId: string): Promise<string | null> {
  try {
    const query = { $select: 'fullname' };
    const url = buildUrl(access.settings, `systemusers(${userId})`, query);
    const { body } = await get(access, url);
    return userSchema.safeParse(tryParseJson(body)).data?.fullname ?? null;
  } catch (error) {
    if (error instanceof RemoteError && ['permission', 'gone'].includes(error.kind)) return null;
    throw error;
  }
}
