import { z } from 'zod';
import type { HttpResponse } from '../../platform/http/types.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { tryParseJson } from '../kit/json.ts';
import { isRefused } from './lookups.ts';
import { get, paths, type Access } from './request.ts';

const account = z.looseObject({
  portalId: z.union([z.string(), z.number()]).transform(String),
  uiDomain: z.string().nullish().catch(null),
});

/** Requests the facts of the account; null where the application may not read them. */
async function fetchAccount(access: Access): Promise<HttpResponse | null> {
  try {
    return await get(access, paths.account);
  } catch (error) {
    if (isRefused(error)) return null;
    throw error;
  }
}

/** Proves the token by the cheapest request that it allows. Throws RemoteError. */
export async function check(access: Access): Promise<void> {
  const response = await fetchAccount(access);
  if (response === null) await get(access, `${paths.objects}/contacts`, { limit: 1 });
  else if (readAccount(response) === undefined)
    throw new RemoteError(
      'malformed',
      'HubSpot did not return the facts of the account. Check the base URL.',
    );
}

/** The number of the account, and where it is opened; null when that may not be read. */
export async function whoAmI(access: Access): Promise<string | null> {
  const response = await fetchAccount(access);
  const known = response === null ? undefined : readAccount(response);
  if (known === undefined) return null;
  const { portalId, uiDomain } = known;
  return uiDomain ? `account ${portalId} (${uiDomain})` : `account ${portalId}`;
}

const readAccount = ({ body }: HttpResponse) => account.safeParse(tryParseJson(body)).data;
