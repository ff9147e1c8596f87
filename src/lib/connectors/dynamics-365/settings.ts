import { z } from 'zod';

const DEFAULT_LOGIN_URL = 'https://login.microsoftonline.com/';
/**
 * Stands for the address of an environment: each has its own, so that there is none to default to.
 */
export const ANY_ENVIRONMENT = 'https://your-org.crm.dynamics.com/';

const rootUrl = (url: string) =>
  z.url().default(url).refine(hasNoQuery, 'must not hold ? or #').transform(withSlash);

/**
 * What a connection to Dynamics 365 can be told. Everything has a default; without tenant and
 * client id nobody signs in.
 */
export const dynamicsSettings = z.strictObject({
  /** Root of the environment, without the path of its Web API. */
  baseUrl: rootUrl(ANY_ENVIRONMENT),
  /** Where tokens come from, without the directory. */
  loginUrl: rootUrl(DEFAULT_LOGIN_URL),
  /** The customer's directory at Microsoft: its id or one of its domains. */
  tenantId: z
    .string()
    .trim()
    .regex(/^[\w.-]{0,253}$/, 'is not a directory id or domain')
    .default(''),
  /** The application's id in that directory. */
  clientId: z
    .string()
    .trim()
    .regex(/^[\w-]{0,100}$/, 'is not an application id')
    .default(''),
  /** Rows for each request. The source allows 5,000; a page has to stay below 16 MiB. */
  pageSize: z.coerce.number().int().min(1).max(5_000).default(500),
});
export type DynamicsSettings = z.output<typeof dynamicsSettings>;

function hasNoQuery(url: string): boolean {
  return !/[?#]/.test(url);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
