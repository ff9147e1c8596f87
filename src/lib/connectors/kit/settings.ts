import { z } from 'zod';

/** A setting for the root of an API: a URL without query or fragment that ends in a slash. */
export const rootUrl = (defaultUrl: string) =>
  z
    .url()
    .default(defaultUrl)
    .refine(hasNoQuery, 'must not contain ? or #')
    .transform(addTrailingSlash);

function hasNoQuery(url: string): boolean {
  return !/[?#]/.test(url);
}

function addTrailingSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** Settings of every provider whose tokens Microsoft Entra ID issues. */
export const entraSettings = {
  /** Root of the token endpoint, without the directory. */
  loginUrl: rootUrl('https://login.microsoftonline.com/'),
  /** The id of the application in its directory. */
  clientId: z
    .string()
    .trim()
    .regex(/^[\w-]{0,100}$/, 'is not an application id')
    .default(''),
};
