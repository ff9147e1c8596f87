import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { buildUrl, get, tryParseJson, type Access } from './request.ts';
import { ANY_ENVIRONMENT } from './settings.ts';

const whoAmISchema = z.looseObject({ UserId: z.string(), OrganizationId: z.string() });
const userSchema = z.looseObject({ fullname: z.string().trim().min(1) });

/** Asks whom the token stands for: the cheapest question there is. Throws RemoteError. */
export async function fetchWhoAmI(access: Access): Promise<z.output<typeof whoAmISchema>> {
  if (access.settings.baseUrl === ANY_ENVIRONMENT)
    throw new RemoteError(
      'permission',
      'The base URL is only an example. Enter the address of the environment, such as https://contoso.crm4.dynamics.com.',
    );
  const parsed = whoAmISchema.safeParse(
    tryParseJson((await get(access, buildUrl(access.settings, 'WhoAmI'))).body),
  );
  if (parsed.success) return parsed.data;
  throw new RemoteError(
    'malformed',
    'Dynamics 365 answered something else than who the application is. Check the base URL.',
  );
}

/**
 * The application user and its organisation. A role need not let it read users: then its id has to
 * do.
 */
export async function whoAmI(access: Access): Promise<string> {
  const { UserId: userId, OrganizationId: organisation } = await fetchWhoAmI(access);
  const name = await fetchUserName(access, userId);
  return `${name ?? `user ${userId}`} (organisation ${organisation})`;
}

async function fetchUserName(access: Access, userId: string): Promise<string | null> {
  try {
    return (
      userSchema.safeParse(
        tryParseJson(
          (
            await get(
              access,
              buildUrl(access.settings, `systemusers(${userId})`, { $select: 'fullname' }),
            )
          ).body,
        ),
      ).data?.fullname ?? null
    );
  } catch (error) {
    if (error instanceof RemoteError && ['permission', 'gone'].includes(error.kind)) return null;
    throw error;
  }
}
